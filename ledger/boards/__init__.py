"""Reading for the public: a balance, a receipt, a notice. Nothing here changes anything."""
