"""Services that answer a list page by page, each in its own way, and callers who read them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from failonce.model import Evidence
from tests.made import evidence, session

Service = Callable[[list[Any], Mapping[str, Any]], Any]
"""What a page of this list is, asked for with these arguments."""


def cursor(items: list[Any], args: Mapping[str, Any]) -> Any:
    """The next page is named by the answer, and not named on the last one."""
    at = int(str(args.get("cursor", "at-0")).partition("-")[2])
    page: dict[str, Any] = {"orders": items[at : at + 2], "warnings": []}
    return page | ({"next_cursor": f"at-{at + 2}"} if at + 2 < len(items) else {})


def null_cursor(items: list[Any], args: Mapping[str, Any]) -> Any:
    """It is named within, and null on the last page."""
    at = int(args["after"] or 0)
    left = at + 3 < len(items)
    return {"data": items[at : at + 3], "meta": {"next": str(at + 3) if left else None}}


def last_item(items: list[Any], args: Mapping[str, Any]) -> Any:
    """The next page comes after the last item of this one."""
    at = next((n for n, x in enumerate(items, 1) if x["id"] == args.get("starting_after")), 0)
    return {"data": items[at : at + 2], "has_more": at + 2 < len(items)}


def numbered(items: list[Any], args: Mapping[str, Any]) -> Any:
    """Pages are counted, and the answer says how many there are."""
    at = (args.get("page", 1) - 1) * 2
    return {"items": items[at : at + 2], "pages": max(1, -(-len(items) // 2))}


def until_empty(items: list[Any], args: Mapping[str, Any]) -> Any:
    """Pages are counted from 0; after the last one comes an empty one."""
    return items[args["page"] * 2 : args["page"] * 2 + 2]


def until_short(items: list[Any], args: Mapping[str, Any]) -> Any:
    """The caller says how many it wants; the last page has fewer."""
    return {"rows": items[args["offset"] : args["offset"] + args["limit"]]}


def counted(items: list[Any], args: Mapping[str, Any]) -> Any:
    """The answer says how many there are in all; pages are of any size."""
    at = args.get("skip", 0)
    return {"rows": items[at : at + 2 + at % 2], "total": len(items)}


def items(count: int, of: str = "a") -> list[Any]:
    """A list of so many."""
    return [{"id": f"{of}{n}", "n": n} for n in range(count)]


def pages(service: Service, have: list[Any], first: Mapping[str, Any]) -> list[Any]:
    """The arguments and answers of a caller who reads to the end as each service wants it."""
    args, made, got = dict(first), [], 0
    while True:
        page = service(have, args)
        made.append((dict(args), page))
        rows = page if isinstance(page, list) else next(v for v in page.values() if v or v == [])
        got += len(rows)
        match service.__name__:
            case "cursor":
                following = page.get("next_cursor")
                args["cursor"] = following
            case "null_cursor":
                following = args["after"] = page["meta"]["next"]
            case "last_item":
                following = page["has_more"]
                args["starting_after"] = rows[-1]["id"] if rows else None
            case "numbered":
                args["page"] = args.get("page", 1) + 1
                following = args["page"] <= page["pages"]
            case "until_empty":
                args["page"] += 1
                following = rows
            case "until_short":
                args["offset"] += args["limit"]
                following = len(rows) == args["limit"]
            case _:
                args["skip"] = args.get("skip", 0) + len(rows)
                following = got < page["total"]
        if not following:
            return made


def reader(
    name: str, made: list[Any], *, tool: str = "list_orders", most: int | None = None
) -> list[Evidence]:
    """A session that made these calls, or the first of them."""
    calls = [
        replace(evidence(tool, args), message=json.dumps(answer)) for args, answer in made[:most]
    ]
    return session(name, calls)


FIRST: Mapping[Service, Mapping[str, Any]] = {
    cursor: {},
    null_cursor: {"after": None},
    last_item: {},
    numbered: {},
    until_empty: {"page": 0},
    until_short: {"offset": 0},
    counted: {},
}
"""What each is asked for first, beside what callers give anew."""
