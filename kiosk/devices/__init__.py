"""Scanner and printer: drivers that move bytes and decide nothing, and virtual twins that behave like the real ones."""
