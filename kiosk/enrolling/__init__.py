"""How a machine becomes a kiosk of its village: by the code's QR before the scanner, by its letters on the screen, or by command."""
