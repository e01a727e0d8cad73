"""Counts wrong passwords, so that nobody can try many: by the address that they come from, and by the name."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque

from indexer.translation import _, _n
from indexer.values.errors import UsageError
from indexer.values.person import name_key

_SPAN = 600.0
"""Seconds for which a wrong password counts."""
_OF_ADDRESS, _OF_NAME = 10, 30
"""Wrong passwords in this time from one address, and of one name from all addresses, after which the next has to
wait. The second is larger: others could keep somebody out by it."""
_MOST = 10_000
"""Addresses and names that are counted."""


class TooOftenError(UsageError):
    """Too many wrong passwords; ``wait`` is how many seconds until the next is looked at."""

    def __init__(self, wait: int) -> None:
        super().__init__(
            _("too many wrong passwords came from here or for this name"),
            _n("Wait %(n)s minute.", "Wait %(n)s minutes.", -(-wait // 60)),
        )
        self.wait = wait


class Attempts:
    """The wrong passwords of the last minutes. For one thread: that of the server's loop."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, name: str, address: str) -> None:
        """Raise ``TooOftenError`` if a password of this name from this address is not to be looked at now."""
        wait = max(self._wait(key, most) for key, most in _keys(name, address))
        if wait > 0:
            raise TooOftenError(int(wait) + 1)

    def failed(self, name: str, address: str) -> None:
        """Count a wrong password."""
        for key, most in _keys(name, address):
            times = self._failed.setdefault(key, deque(maxlen=most))
            times.append(time.monotonic())
            self._failed.move_to_end(key)
        while len(self._failed) > _MOST:
            self._failed.popitem(last=False)

    def _wait(self, key: str, most: int) -> float:
        times = self._failed.get(key, deque())
        return times[0] + _SPAN - time.monotonic() if len(times) >= most else 0.0


def _keys(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"from {_network(address)}", _OF_ADDRESS), (f"as {name_key(name)[:100]}", _OF_NAME)


def _network(address: str) -> str:
    """The address, or of IPv6 the network: whoever has one such address has as many as they like."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
