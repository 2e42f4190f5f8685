"""What the pages need beside the reference library: figures and tables, kept out of the prose."""
