"""Reads of what banks said: for the inbox, for the matching, for the doctor."""
