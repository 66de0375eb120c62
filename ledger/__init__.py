"""The village's ledger: an append-only book of points, and the office around it."""
