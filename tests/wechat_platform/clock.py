"""The platform's clock: it runs as fast as a test wants and can be put forward."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """Seconds of the platform; at ``speed`` 10 the five seconds for an answer pass in half a second."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self.speed = speed
        self._start = time.time() if start is None else start
        self._began = time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, as the platform counts them."""
        return self._start + (time.monotonic() - self._began) * self.speed

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._start += seconds

    def real(self, seconds: float) -> float:
        """How long ``seconds`` of the platform last here."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the platform."""
        await asyncio.sleep(self.real(seconds))
