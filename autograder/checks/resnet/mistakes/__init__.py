"""Wrong answers by part of the assignment."""
