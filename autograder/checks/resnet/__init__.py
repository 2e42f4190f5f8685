"""Checks of the ResNet assignment."""
