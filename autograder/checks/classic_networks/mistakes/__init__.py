"""Wrong answers, a module a network."""
