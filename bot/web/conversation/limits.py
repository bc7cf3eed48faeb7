"""How often somebody may write: each citizen, and each network address however many citizens it pretends to be."""

from __future__ import annotations

from collections import OrderedDict

from aiolimiter import AsyncLimiter

_KEPT = 20_000  # counters; the least used are dropped first
_MINUTE = 60.0


class RateLimit:
    """Lets each key do something ``per_minute`` times a minute, in bursts of as many (leaky bucket)."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._limiters: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def allows(self, key: str) -> bool:
        """Return whether ``key`` may do it once more now, and count it if so."""
        limiter = self._limiters.setdefault(key, AsyncLimiter(self._per_minute, _MINUTE))
        self._limiters.move_to_end(key)
        while len(self._limiters) > _KEPT:
            self._limiters.popitem(last=False)
        if not limiter.has_capacity():
            return False
        await limiter.acquire()
        return True
