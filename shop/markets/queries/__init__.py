"""Reads of markets."""
