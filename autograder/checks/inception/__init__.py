"""Checks of the Inception assignment."""
