"""From an assignment as text to what instructors and students get. Runs no student code."""
