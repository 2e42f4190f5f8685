"""Checks of the EfficientNet assignment."""
