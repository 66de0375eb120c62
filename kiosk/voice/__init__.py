"""乡音: the counter speaks in clips that the village recorded itself; silent without them."""
