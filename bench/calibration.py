"""How fast this machine is right now, and how to measure beside it."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

LOOP = 100_000


def calibrate(rounds: int = 7) -> float:
    """CPU milliseconds of a loop of 100,000 additions: the best of `rounds`, because neighbours only ever add."""
    return min(_loop_ms() for _ in range(rounds))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` percent of them don't exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


@dataclass
class Cost:
    """What a number of operations took: CPU seconds of this process, and the wall-clock seconds of each operation."""

    operations: int = 0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of one operation, all threads of this process included."""
        return self.cpu / self.operations * 1e6

    @property
    def per_cpu_second(self) -> float:
        return self.operations / self.cpu

    def wait_ms(self, share: float) -> float:
        """A percentile of the waits, in milliseconds."""
        return percentile(self.waits, share) * 1e3


async def cost(operation: Callable[[], Awaitable[object]], count: int) -> Cost:
    """Do `operation` `count` times, one after the other."""
    result = Cost()
    await add_cost(result, operation, count)
    return result


async def add_cost(to: Cost, operation: Callable[[], Awaitable[object]], count: int) -> None:
    """Do `operation` `count` times and add what it took `to` an earlier cost."""
    cpu = time.process_time()
    for _ in range(count):
        start = time.perf_counter()
        await operation()
        to.waits.append(time.perf_counter() - start)
    to.cpu += time.process_time() - cpu
    to.operations += count


def _loop_ms() -> float:
    start, total = time.thread_time(), 0
    for number in range(LOOP):
        total += number
    return (time.thread_time() - start) * 1e3
