"""Checks of the MobileNet assignment."""
