"""The reference library: one paper a file, each departure from it named."""
