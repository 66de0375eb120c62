"""The way of an award: claim, review, public notice, credit."""
