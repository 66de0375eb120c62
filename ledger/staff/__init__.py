"""Who may sign in: accounts, sessions, throttles, audit trail."""
