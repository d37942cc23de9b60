"""Reads of settlements, statements and payouts."""
