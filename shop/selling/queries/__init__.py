"""Reads for the seller's pages. Each takes the stall; what is another's does not exist."""
