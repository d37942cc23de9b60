"""Settlements are drafted, approved by one person, and marked as sent by another."""
