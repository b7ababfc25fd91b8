"""What anybody would write in ten minutes: each event as JSON into SQLite, nothing redacted.

python -m served.peer FILE
"""

import json
import socket
import sqlite3
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def peer(path: str) -> None:
    """The app of ten minutes, on any port, which it prints."""
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    lock = threading.Lock()

    def insert(body: bytes) -> int:
        rows = [(json.dumps(event),) for event in json.loads(body)]
        with lock, database:
            database.executemany("INSERT INTO event (body) VALUES (?)", rows)
        return len(rows)

    async def errors(request: Request) -> JSONResponse:
        return JSONResponse(
            {"stored": await run_in_threadpool(insert, await request.body())}, status_code=202
        )

    app = Starlette(routes=[Route("/api/errors", errors, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"serves http://127.0.0.1:{listening.getsockname()[1]} ", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    peer(sys.argv[1])
