"""Figures for Prometheus at /metrics: to this machine (not behind a proxy), or to whoever shows the token."""

import hmac
from dataclasses import fields

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from prometheus_client import PlatformCollector, ProcessCollector  # isort: skip

from server.core.errors import NotFound
from server.core.http import PUBLIC, Routes
from server.operations.site import is_here
from server.settings import Settings
from signaling.counters import Counters

routes = Routes("telemetry")


class Telemetry:
    """What is counted: requests by route and status, how long they took, and the real-time side's own counters."""

    def __init__(self, signalling: Counters, settings: Settings) -> None:
        self._token, self._behind_proxy = settings.metrics_token.get_secret_value(), settings.behind_proxy
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter("lianzhen_requests", "Requests", ["method", "route", "status"], registry=self.registry)
        self._seconds = Histogram("lianzhen_request_seconds", "Time to answer", ["route"], registry=self.registry)
        for each in fields(signalling):
            gauge = Gauge(f"lianzhen_signalling_{each.name}", each.name, registry=self.registry)
            gauge.set_function(lambda name=each.name: getattr(signalling, name))  # type: ignore[misc]

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def allows(self, request: web.Request) -> bool:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._token and hmac.compare_digest(sent.encode(), self._token.encode()):
            return True
        if self._behind_proxy:
            return False  # what comes from this machine is the proxy, asked by anybody
        return is_here(request.remote or "0.0.0.0")  # noqa: S104 - an unknown address is not this machine


TELEMETRY = web.AppKey("telemetry", Telemetry)


@routes.get("/metrics", PUBLIC, own_units=True)
async def metrics(request: web.Request) -> web.StreamResponse:
    telemetry = request.app[TELEMETRY]
    if not telemetry.allows(request):
        raise NotFound
    body = generate_latest(telemetry.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
