"""What the server tells Prometheus: requests by route, jobs waiting, live connections. No personal data."""

from __future__ import annotations

from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app import live

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Figures:
    """The figures of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = cache(Counter("chalet_requests", "Answers by route and status.", ("method", "route", "status"), registry=self._registry).labels)
        self._seconds = cache(Histogram("chalet_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS, registry=self._registry).labels)
        for name, about in (("connections", "Open live connections."), ("topics", "Topics with listeners."), ("lagging", "Readers that lag.")):
            Gauge(f"chalet_live_{name}", about, registry=self._registry).set_function(partial(_live, name))
        self._jobs = Gauge("chalet_jobs", "Jobs waiting or dead.", ("state",), registry=self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests(method, route, str(status)).inc()
        self._seconds(route).observe(seconds)

    def jobs(self, waiting: int, dead: int) -> None:
        """Note how many jobs there are."""
        self._jobs.labels("waiting").set(waiting)
        self._jobs.labels("dead").set(dead)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)


def _live(name: str) -> float:
    return float(live.status()[name])
