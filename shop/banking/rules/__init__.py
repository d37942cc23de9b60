"""Rules of what banks say: reading it, knowing the same money again, finding its order."""
