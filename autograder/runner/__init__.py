"""Bulk grading: intake, rebuilt notebooks, workers, journal."""
