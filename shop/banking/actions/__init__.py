"""Changes to what banks said: keeping it, finding its order, a person's answers."""
