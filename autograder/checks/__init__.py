"""Checks by assignment: public, hidden, misconceptions, alternatives."""
