"""HTML and PDF pages, tables and figures, made from released results only."""
