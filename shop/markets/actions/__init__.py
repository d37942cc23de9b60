"""Writes of markets, inside the caller's transaction."""
