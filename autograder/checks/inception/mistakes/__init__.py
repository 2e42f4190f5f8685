"""Wrong answers of the Inception assignment, by part."""
