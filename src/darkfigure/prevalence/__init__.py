"""How many addresses are used: weekly series, windows, rates, checks."""
