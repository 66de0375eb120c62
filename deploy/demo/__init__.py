"""The demo: a third process that sets up a village from files, starts ledger and kiosk with virtual devices, and holds the stage."""
