"""The REST API. Each module is one noun; each route names the scope that it needs."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from failonce.model import Scope
from failonce.surfaces.server.api import (
    accounts,
    audit,
    changelog,
    config,
    failures,
    ingest,
    lessons,
    metrics,
    outcomes,
    state,
)

MODULES: Final = (
    lessons, failures, outcomes, audit, changelog, config, accounts, state, metrics, ingest,
)  # fmt: skip


def install(app: FastAPI) -> None:
    """Add all routes."""
    for module in MODULES:
        app.include_router(module.router)


def scopes() -> Mapping[tuple[str, str], Scope]:
    """The scope that each route needs, by its method and path."""
    found: dict[tuple[str, str], Scope] = {}
    for module in MODULES:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)  # noqa: S101 - these modules make no others
            for needed in route.dependant.dependencies:
                wanted = getattr(needed.call, "wanted", None)
                if wanted is not None:
                    found |= {
                        (method.lower(), route.path): wanted for method in route.methods or ()
                    }
    return found
