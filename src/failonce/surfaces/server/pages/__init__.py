"""The dashboard: each module is one page or one family of pages.

A page is a view (a frozen value, gathered from the store) and a template. The same address with
`.json` behind it gives the view as JSON. Every decision is a form that works without a script.
"""

from fastapi import FastAPI

from failonce.surfaces.server.pages import (
    api_reference,
    assets,
    audit,
    deciding,
    failure,
    failures,
    gaps,
    integrations,
    lesson,
    lessons,
    looking,
    overview,
    review,
    settings,
    sign_in,
)


def install(app: FastAPI) -> None:
    """Add the pages; none of them is part of the API's description."""
    for module in (
        sign_in,
        review,
        deciding,
        failures,
        failure,
        lessons,
        lesson,
        looking,
        integrations,
        gaps,
        overview,
        settings,
        audit,
        api_reference,
    ):
        app.include_router(module.router, include_in_schema=False)
    assets.install(app)
