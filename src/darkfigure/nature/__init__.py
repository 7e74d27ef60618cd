"""Who is involved and how: the structured review of case files."""
