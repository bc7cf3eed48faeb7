"""Faults that a test orders: the next calls fail with a code, or hang."""

from __future__ import annotations

from dataclasses import dataclass

from tests.wechat_platform.clock import Clock
from tests.wechat_platform.errors import ApiError


@dataclass
class _Fault:
    times: int
    path: str
    code: int = 0
    seconds: float = 0.0


class Faults:
    """The faults still to come, first ordered first; each for one path or, without one, for any."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ordered: list[_Fault] = []

    def fail(self, code: int, times: int = 1, path: str = "") -> None:
        """Let the next ``times`` calls be refused with ``code``, -1 for a busy system; nothing is carried out."""
        self._ordered.append(_Fault(times, path, code=code))

    def hang(self, seconds: float, times: int = 1, path: str = "") -> None:
        """Let the next ``times`` calls take so many of the platform's seconds; they are carried out after that."""
        self._ordered.append(_Fault(times, path, seconds=seconds))

    def clear(self) -> None:
        """Forget all faults."""
        self._ordered.clear()

    async def meet(self, path: str) -> None:
        """Suffer the next fault ordered for this path, if any."""
        fault = next((one for one in self._ordered if one.path in ("", path)), None)
        if fault is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._ordered.remove(fault)
        if fault.seconds:
            await self._clock.sleep(fault.seconds)
        if fault.code:
            raise ApiError(fault.code)
