"""Engines, units of work and column types. Knows no points."""
