"""What a server is called where nobody says it."""

import pytest

from failonce.surfaces.mcp.proxy.naming import named


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("npx -y @modelcontextprotocol/server-memory", "server-memory"),
        ("npx @modelcontextprotocol/server-filesystem@2026.8 /home", "server-filesystem"),
        ("uvx mcp-server-git --repository .", "mcp-server-git"),
        ("uv run --directory /srv/x server.py", "server"),
        ("python -m mcp_server_time", "mcp_server_time"),
        ("python3.12 /opt/my server/app.py", "my"),
        ("node dist/index.js", "index"),
        ("docker run -i --rm -e KEY mcp/fetch", "fetch"),
        ("env A=1 /usr/local/bin/shop-mcp serve", "shop-mcp"),
        ("bash -c ./start", "start"),
        ("npx", "npx"),
        ("💥", "server"),
    ],
)
def test_by_what_starts_it(command: str, name: str) -> None:
    assert named(command.split()) == name


def test_by_where_it_is() -> None:
    assert named((), "https://mcp.example.org:8080/mcp?token=x") == "mcp-example-org"
