"""Checks of the classic networks assignment."""
