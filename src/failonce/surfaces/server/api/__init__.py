"""The REST API. Each module is one noun; each route names the scope that it needs."""

from fastapi import FastAPI

from failonce.surfaces.server.api import (
    audit,
    changelog,
    config,
    failures,
    ingest,
    lessons,
    outcomes,
    state,
)


def install(app: FastAPI) -> None:
    """Add all routes under `/api`."""
    for module in (lessons, failures, outcomes, audit, changelog, config, state, ingest):
        app.include_router(module.router)
