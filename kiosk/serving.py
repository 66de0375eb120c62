"""``merit-kiosk run``: a running kiosk and its screen, until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal

from kiosk.app import running
from kiosk.config import KioskSettings

SERVER_THREADS = 8
log = logging.getLogger("kiosk")


def serve(settings: KioskSettings) -> None:
    """Run until SIGTERM or Ctrl-C. Logs the screen's address once it answers. A machine that was just enrolled begins anew as its
    village's kiosk: here, or by systemd, which was told that this process ends."""
    signal.signal(signal.SIGTERM, _end)
    while _served(settings) and "NOTIFY_SOCKET" not in os.environ:
        log.info("enrolled: beginning as a kiosk")


def _served(settings: KioskSettings) -> bool:
    """One run; True when it ended because the machine has become a kiosk."""
    with running(settings) as kiosk:
        from waitress.server import create_server  # loaded now: the first scan need not wait for the screen's site

        from kiosk.site import site_of

        server = create_server(
            site_of(kiosk),
            host=settings.host,
            port=settings.port,
            threads=SERVER_THREADS,
            ident=None,
            channel_request_lookahead=1,  # a page that has gone away frees its waiting thread at once
            clear_untrusted_proxy_headers=True,
        )
        log.info("the screen is at http://%s:%s/", settings.host, server.effective_port)
        server.run()
        server.close()
        return kiosk.enroller is not None and kiosk.enroller.now.step == "beginning"


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
