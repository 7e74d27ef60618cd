"""Who is the same entity: pseudonyms, addresses, duplicates across agencies."""
