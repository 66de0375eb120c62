"""How often an address may scan codes that are not there. In memory: a restart forgives, and a token has 130 random bits."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

MISSES = 20
WINDOW = timedelta(minutes=10)
MOST_ADDRESSES = 10_000  # about 3 MB when every one of them missed; the one that missed longest ago is forgotten


class MissThrottle:
    """Counts misses by address. Thread-safe; ``now`` must not go backwards by more than the window."""

    def __init__(self) -> None:
        self._misses: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str, now: datetime) -> int:
        """Seconds until this address is listened to again; 0 when it is now."""
        with self._lock:
            misses = self._misses.get(network_of(address), deque())
            _forget(misses, now)
            return max(1, int((misses[0] + WINDOW - now).total_seconds())) if len(misses) >= MISSES else 0

    def miss(self, address: str, now: datetime) -> None:
        """Note a code that is not there."""
        network = network_of(address)
        with self._lock:
            misses = self._misses.setdefault(network, deque(maxlen=MISSES))
            misses.append(now)
            self._misses.move_to_end(network)
            if len(self._misses) > MOST_ADDRESSES:
                self._misses.popitem(last=False)


def network_of(address: str) -> str:
    """Whom to count: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or parsed.exploded[:19])


def _forget(misses: deque[datetime], now: datetime) -> None:
    while misses and misses[0] + WINDOW <= now:
        misses.popleft()
