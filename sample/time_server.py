"""Start the real `mcp-server-time` with its clock set to the simulated moment in argv[1].

The server is unchanged but for the clock it reads; run by the Python that has it installed.
"""

import importlib
import sys
from datetime import datetime, tzinfo
from typing import Any


def main() -> None:
    """Set the server's clock and hand over to it."""
    moment = datetime.fromisoformat(sys.argv.pop(1))

    class SetClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return moment.astimezone(tz)

    server: Any = importlib.import_module("mcp_server_time.server")
    server.datetime = SetClock
    importlib.import_module("mcp_server_time").main()


if __name__ == "__main__":
    main()
