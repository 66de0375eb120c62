"""The village and its settings, and the cases that wait for a cadre."""
