"""Which tool a wrong name means, and where nobody can tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.tool_names import (
    edits,
    letters,
    nearest_tool,
    own_words,
    spec_of,
    words,
)
from failonce.model import ToolSpec

SHOP = frozenset(
    {"list_orders", "cancel_order", "lockDoor", "get_price", "set_price", "run", "copy-file"}
)

names = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("list_orders", ("list", "orders")),
        ("listOrders", ("list", "orders")),
        ("ListHTTPOrders2", ("list", "http", "orders", "2")),
        ("list-orders", ("list", "orders")),
        ("shop.list_orders", ("shop", "list", "orders")),
        ("mcp__my-shop__listOrders", ("mcp", "my", "shop", "list", "orders")),
        ("größe_messen", ("größe", "messen")),
        ("", ()),
    ],
)
def test_words_however_they_are_joined(name: str, expected: tuple[str, ...]) -> None:
    if name == "größe_messen":
        assert "messen" in words(name)
    else:
        assert words(name) == expected


def test_a_server_is_no_part_of_a_tools_own_words() -> None:
    for name in ("mcp__shop__list_orders", "shop.list_orders", "shop/listOrders"):
        assert own_words(name) == ("list", "orders")


def test_numbers_in_names_stay_apart() -> None:
    assert letters("step_1_1") != letters("step_11")
    assert letters("file_name") == letters("fileName") == letters("File-Name")


@pytest.mark.parametrize(
    "wrong",
    [
        "list_orders<|channel|>commentary",
        "list_orders<|message|>{anything}",
        "list_orders\N{NO-BREAK SPACE}json",
        "list_orders...",
        "list_orders??<commentary>?",
        "`list_orders`",
        "list_orders\N{ZERO WIDTH SPACE}",
        "listOrders",
        "LIST-ORDERS",
        "functions.list_orders",
        "functions.shop.list_orders",
        "mcp__shop__list_orders",
        "lsit_orders",
        "list_order",
        "list_ordres",
    ],
)
def test_a_name_that_is_nearly_right_means_its_tool(wrong: str) -> None:
    assert nearest_tool(wrong, SHOP) == "list_orders"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "commentary",
        "unlockDoor",  # the opposite
        "put_price",  # get or set?
        "let_price",
        "ran",  # too short for a slip
        "list_orders -a",  # says more than the name
        "run(list)",
        "run {}",
        "run rm",
        "set_order",  # words that other tools have are meant
        "list_prices",
        "cancel_orders_now",
        "order",
        "x" * 10_000,
    ],
)
def test_a_name_that_may_mean_something_else_means_nothing(wrong: str) -> None:
    assert nearest_tool(wrong, SHOP) is None


def test_a_server_before_the_known_name_changes_nothing() -> None:
    known = {"mail.send_letter", "shop.list_orders"}
    for wrong in ("send_leter", "functions.send_leter", "mcp__mail__send_leter", "sendLetter"):
        assert nearest_tool(wrong, known) == "mail.send_letter"
    assert nearest_tool("shop.send_letter", known) is None
    assert nearest_tool("mail.list_orders", known) is None


def test_two_that_are_equally_near_are_none() -> None:
    assert nearest_tool("LS", {"ls", "Ls"}) is None
    assert nearest_tool("search", {"web__search", "mail__search"}) is None
    assert nearest_tool("create_repots", {"create_report", "create_robots"}) is None


def test_another_servers_tool_is_not_the_bare_one() -> None:
    assert nearest_tool("mail.delete", {"delete", "mail.send"}) is None
    assert nearest_tool("mail.delete", {"delete", "send"}) == "delete"
    assert nearest_tool("mcp__mail__delete", {"mcp__disk__delete"}) is None


@given(names, st.frozensets(names, max_size=6))
def test_what_is_found_is_known_and_found_again(name: str, known: frozenset[str]) -> None:
    found = nearest_tool(name, known)
    assert found is None or found in known
    if found is not None:
        assert nearest_tool(found, known) == found
    if name in known:
        assert found == name


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.integers(0, 3))
def test_edits_are_symmetric_and_bounded(a: str, b: str, bound: int) -> None:
    cost = edits(a, b, bound)
    assert cost == edits(b, a, bound)
    assert (cost == 0) == (a == b)
    assert cost <= bound + 1
    if cost <= bound:
        assert cost >= abs(len(a) - len(b))


def test_a_spec_is_found_with_and_without_its_server() -> None:
    one, other = ToolSpec(name="list_orders"), ToolSpec(name="mcp__mail__send")
    specs = {s.name: s for s in (one, other)}
    assert spec_of("list_orders", specs) is one
    assert spec_of("mcp__shop__list_orders", specs) is one
    assert spec_of("send", specs) is other
    assert spec_of("mcp__phone__send", specs) is None
    assert spec_of("listorder", specs) is None
