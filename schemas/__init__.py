"""The contracts between ledger and kiosk, and the pure things both sides must compute alike.

Nothing here reads a clock, a file or a network; a test keeps it so.
"""
