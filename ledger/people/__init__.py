"""Households, their cards, and who of the staff may do what in which village."""
