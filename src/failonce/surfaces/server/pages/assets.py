"""The files that pages load: the style, the script, and what comes from npm."""

from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from failonce.surfaces.server.look import STATIC

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class _Files(StaticFiles):
    """An address that names its digest (`?v=…`) is good for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        found = await super().get_response(path, scope)
        if found.status_code == 200 and scope["query_string"].startswith(b"v="):
            found.headers["cache-control"] = _FOR_EVER
        return found


def install(app: FastAPI, **more: Any) -> None:
    """Serve them under `/static/`."""
    app.mount("/static", _Files(directory=STATIC, **more), name="static")
