"""What is done with carriers' files: read, stored, counted line by line."""
