"""`failonce store copy`: all of a store to another place, from the command line."""

import json

from failonce.adapters.sql_store import store_url
from tests.surfaces.cli.made import Shell, history, write


def test_a_store_is_copied_to_a_server(shell: Shell, postgres_url: str) -> None:
    """From its file; then everything works there as it did, and no password is printed."""
    url = postgres_url.replace("postgres@", "postgres:s3cret@")
    shell.ok("import", write(shell.project / "calls.jsonl", history()))
    shell.ok("mine", "--project", "shop")
    told = shell.ok("store", "copy", shell.store, url)
    assert "both hold the same" in told.out
    assert "evidence" in told.out
    assert "s3cret" not in told.out + told.err
    for words in (("failures", "--json"), ("lessons", "--json"), ("audit", "list", "--json")):
        assert shell.ok(*words, "--store", url).out == shell.ok(*words).out
    status = shell.ok("status", "--store", url, "--json").out
    assert "s3cret" not in status
    assert json.loads(status)["store"].startswith("postgresql://postgres:***@")
    assert "both hold the same" in shell.ok("store", "copy", shell.store, url).out
    shell.ok("config", "mode", "off", "--store", url)
    refused = shell.run("store", "copy", store_url(shell.store), url)
    assert refused.code == 2
    assert "holds something else already" in refused.err
    assert "s3cret" not in refused.err
