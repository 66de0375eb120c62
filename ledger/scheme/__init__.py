"""The rule book: areas, items, caps, versions."""
