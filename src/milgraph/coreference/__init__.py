"""Coreference: which accounts may be of one occurrence, and what editors decide of it."""
