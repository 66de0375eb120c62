"""The kiosk's append-only record: what is not in here has not happened."""
