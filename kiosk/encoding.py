"""From a slip to the bytes of this kiosk's printer."""

from __future__ import annotations

from kiosk.config import KioskSettings
from kiosk.printing import Encode
from kiosk.receipts.every import Slip
from kiosk.receipts.values import PAPER_58, PAPER_80


def encoder_of(settings: KioskSettings) -> Encode:
    """A receipt's bytes for this kiosk's printer. Pictures and layout are loaded with the first receipt, not at the start."""
    paper = PAPER_58 if settings.paper_columns == 32 else PAPER_80

    def encoded(slip: Slip) -> bytes:
        from kiosk.devices.raster import drawer
        from kiosk.receipts.escpos import encode
        from kiosk.receipts.every import rows_of

        return encode(rows_of(slip, paper), paper, draw=drawer(paper), native_qr=settings.native_qr)

    return encoded
