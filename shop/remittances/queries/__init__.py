"""Reads about carriers' payments."""
