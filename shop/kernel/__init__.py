"""Plain Python that every floor may use: money, codes, clock, text, refusals, events."""
