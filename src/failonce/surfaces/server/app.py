"""START HERE: the routes of the server, and what every request passes first.

Timed        how many there are, and how long they take
Guard        Host, Origin, size; security headers
allowed(…)   each route names the one scope that it needs, or stands in `OPEN`
house        the asker's own store
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import failonce
from failonce.compose import Configuration
from failonce.ports import Clock
from failonce.surfaces.server import api, pages, problems
from failonce.surfaces.server.etag import ETags
from failonce.surfaces.server.guard import Guard
from failonce.surfaces.server.heaps import tidy
from failonce.surfaces.server.house import House
from failonce.surfaces.server.intake import Intake
from failonce.surfaces.server.lookout import Lookout
from failonce.surfaces.server.metrics import Timed
from failonce.surfaces.server.metrics.pushing import Pushing
from failonce.surfaces.server.pages.frame import error_page, warm
from failonce.surfaces.server.regularly import regularly
from failonce.surfaces.server.spooled import Spooled
from failonce.surfaces.server.tidying import Tidying

OPEN: Final = frozenset(
    {"/", "/openapi.json", "/api/alive", "/sign-in", "/sign-in/link/{secret}", "/theme"}
)
"""Addresses that need nobody's leave: they say nothing about anybody's data."""
_REQUIREMENTS: Final = re.compile(r" ?\([NSHCF]\d+(?:, [NSHCF]\d+)*\)")
"""What a docstring meets, for whoever reads the code: `(N6, N7)`."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def create_app(config: Configuration, *, clock: Clock | None = None) -> FastAPI:
    """The whole server over the store that the settings name, for any ASGI server to run.

    Raises `StoreError` where the store cannot be opened.
    """
    house = House(config, clock=clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        lookout = Lookout(house)
        house.intake = Intake(config, measures=house.measures, stored=lookout.stored)
        house.lookout = lookout
        house.intake.warm()
        Thread(target=warm, daemon=True).start()
        try:
            minutely = regularly(tidy, house.catch_up)
            async with lookout, Spooled(house), Pushing(house), Tidying(house), minutely:
                yield
                await house.intake.stop()
                await house.reviews.end()
        finally:
            house.close()

    app = FastAPI(
        title="failonce",
        version=failonce.__version__,
        summary="Makes each mistake only once: failures, lessons, and the decisions on them.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        default_response_class=problems.Json,
    )
    app.state.house = house
    problems.install(app, error_page)
    api.install(app)
    pages.install(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign] # as FastAPI documents it
    settings = config.settings.server
    app.add_middleware(ETags)
    app.add_middleware(Guard, names=names(config), max_body=settings.max_body_mb << 20)
    app.add_middleware(Timed, measures=house.measures)
    return app


def names(config: Configuration) -> frozenset[str]:
    """The host names that the server answers to."""
    settings = config.settings.server
    public = urlsplit(settings.url or "").hostname
    more = (name.strip() for name in settings.hosts.split(","))
    return frozenset(filter(None, (*_LOOPBACK, settings.host, public, *more)))


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description of the API, with the form that every error has."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = {
            "type": "object",
            "title": "Problem",
            "description": "What went wrong, and what to do (RFC 9457).",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
            },
        }
        made["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "fo_…"}
        }
        made["security"] = [{"token": []}]
        for (method, path), scope in api.scopes().items():
            if method in made["paths"].get(path, {}):
                made["paths"][path][method]["x-scope"] = scope
        for path in OPEN & made["paths"].keys():
            for operation in made["paths"][path].values():
                operation["security"] = []
        app.openapi_schema = _published(made)
    return app.openapi_schema


def _published(told: Any) -> Any:
    """The description without what only whoever reads the code knows."""
    if isinstance(told, dict):
        return {key: _published(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_published(value) for value in told]
    return _REQUIREMENTS.sub("", told) if isinstance(told, str) else told
