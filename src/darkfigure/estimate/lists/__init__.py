"""A few lists that may depend on each other: multiple systems estimation."""
