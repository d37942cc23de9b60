"""What a seller does over several rooms at once, in one transaction."""
