"""The line to the ledger: sends the journal, fetches the snapshot, drops nothing."""
