"""Rules of markets. Plain Python: no Flask, no database, no clock."""
