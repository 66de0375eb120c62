"""The counter's program: scanner, receipt printer and touch screen at the village shop."""
