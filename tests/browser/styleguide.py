"""Every part of the pages, with ordinary and with hostile values, under the real policy.

/parts, /hostile     every macro
/review /failures /overview /empty /sign-in      pages as they are put together
/live                a region that is asked for again; POST /decide counts what was decided
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace as Part

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from failonce.surfaces.server.look import POLICY, STATIC, Address, Column, Series, templates

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'",
    "</script><script>alert(4)</script>",
    "</textarea></title></style><svg onload=alert(5)>",
    "javascript:alert(6)",
    "{{7*7}} ${7*7} <%= 7*7 %> {% raw %}",
    "safe \u202egnp.exe\u202c \u2066hidden\u2069",
    "zero\u200bwidth\u200bjoined\ufeff \u00adsoft",
    "x" * 10_000,
    "\u0629" * 400,
    "👩‍👩‍👧‍👦" * 60,
    "Z̸̢̛͎̲̺͔̈́̊͋a̷l̶g̴o̵" * 40,
    "line\rback\x1b[31mred\x07\x08",
    "<!--#exec cmd=id--><!-- ",
    "&lt;b&gt;twice&amp;amp;",
    "\U000e0041\U000e0042 tags",
    "a\n" * 300,
    "<a href=//evil.example>click</a> <form action=//evil.example><button>go",
    "\u0001\u0000\ufffe",
)
_ORDINARY = (
    "create_invoice",
    "Give ‘partner_id’ as a number",
    "ValueError: partner_id must be an integer, not '0042'",
    "crm.search_partners",
    "Anna Kowalska",
)
DIFF = """--- a/skills/crm.md
+++ b/skills/crm.md
@@ -1,4 +1,6 @@
 ## crm.create_invoice
 Before you call it:
-- pass partner_id as you found it
+- pass partner_id as a number, without leading zeros
+- ask crm.search_partners first when only a name is known
 - amounts are in cents
"""
BODY = """kind: fixer
tool: crm.create_invoice
when:
  arguments.partner_id: { type: string, matches: '^0*[0-9]+$' }
repair:
  partner_id: integer
"""
PROOF = (
    "On your own history this would have repaired 41 of 43 failing calls "
    "and wrongly changed 0 of 1,204 good ones."
)


@dataclass(slots=True)
class Desk:
    """What was sent to the guide."""

    decided: list[dict[str, str]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """The answers that the live region got."""
    news: int = 0
    opened: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))


def _lessons(count: int, texts: tuple[str, ...], now: datetime) -> list[Part]:
    states = ("waiting", "on trial", "proven", "rejected", "undone", "retired")
    kinds = ("fixer", "guardrail", "rule", "hint", "tool")
    return [
        Part(
            id=f"lesson-{i}",
            name=texts[(i + 1) % len(texts)],
            tool=texts[i % len(texts)],
            text=texts[(i + 2) % len(texts)],
            proof=PROOF,
            kind=kinds[i % 5],
            state=states[i % 6],
            at=now - timedelta(minutes=7 * (i * i + 1)),
            trend=[(j * (i + 3) * 7) % 11 if j % 5 else 0 for j in range(14)],
            helped=(12, 0, 1204)[i % 3],
            harmed=(0, 2, 0)[i % 3],
            sure=(0.94, None, 0.5)[i % 3],
        )
        for i in range(count)
    ]


_NAV = (
    "Review", "Failures", "Lessons", "Integrations", "Gaps", "Overview", "Settings", "Audit"
)  # fmt: skip


def _frame(title: str, section: str, theme: str, *, hostile: bool) -> dict[str, object]:
    named = HOSTILE[0] + HOSTILE[7] + HOSTILE[9] if hostile else "Anna Kowalska"
    nav = [
        Part(
            label=n, href="/" + n.lower(), count=3 if n == "Review" else None, current=n == section
        )
        for n in _NAV
    ]
    said = [Part(kind="done", text=HOSTILE[1] + HOSTILE[9] if hostile else "Approved.")]
    return {
        "page": Part(title=title, section=section),
        "nav": nav,
        "person": Part(name=named, may_review=True, may_admin=True) if section in _NAV else None,
        "csrf": "made-for-tests",
        "theme": theme,
        "flash": said if section == "Lessons" else [],
        "version": "0.1.0",
        "here": "/" + section.lower(),
    }


def app() -> Starlette:
    """The guide; `app.state.desk` is what was sent to it."""
    desk = Desk()
    pages = templates()
    pages.loader = ChoiceLoader(
        [FileSystemLoader(Path(__file__).parent / "guide"), *filter(None, [pages.loader])]
    )

    def drawn(request: Request, name: str, title: str, section: str, **values: object) -> Response:
        hostile = name == "hostile"
        texts = HOSTILE if hostile else _ORDINARY
        theme = request.cookies.get("theme", "system")
        days = [date(2026, 11, 1) + timedelta(days=i) for i in range(20)]
        html = pages.get_template(f"{'parts' if hostile else name}.html").render(
            **_frame(title, section, theme, hostile=hostile),
            texts=texts,
            lessons=_lessons(20 if hostile else 10, texts, desk.opened),
            address=Address(path=request.url.path, query=tuple(request.query_params.multi_items())),
            columns=[
                Column(label="Failure"),
                Column(label="Calls", key="calls", number=True),
                Column(label="Sessions", key="sessions", number=True),
                Column(label="14 days", hidden=False),
                Column(label="Last seen", key="seen"),
                Column(label="Open", hidden=True),
            ],
            days=days,
            series=[
                Series(label="failures", values=[(i * 37) % 90 + 20 for i in range(20)]),
                Series(label="prevented", values=[min(i * 3, 48) for i in range(20)], tone="good"),
                Series(label="wrong", values=[None, *[i % 3 for i in range(19)]], tone="bad"),
            ],
            body=BODY,
            diff=DIFF,
            proof=PROOF,
            **values,
        )
        tag = '"' + sha256(html.encode()).hexdigest()[:16] + '"'
        headers = {"Content-Security-Policy": POLICY, "ETag": tag, "Cache-Control": "no-store"}
        status = 304 if request.headers.get("If-None-Match") == tag else 200
        if "HX-Request" in request.headers:
            desk.asked.append(status)
        return HTMLResponse("" if status == 304 else html, status_code=status, headers=headers)

    async def decide(request: Request) -> Response:
        sent = {k: str(v) for k, v in (await request.form()).items()}
        desk.decided.append({"to": request.path_params["to"], **sent})
        return RedirectResponse("/review", status_code=303)

    async def theme(request: Request) -> Response:
        sent = await request.form()
        answer = RedirectResponse(str(sent["next"]), status_code=303)
        answer.set_cookie("theme", str(sent["theme"]), samesite="strict", httponly=True)
        return answer

    async def decided(_: Request) -> Response:
        return JSONResponse(desk.decided)

    def page(name: str, title: str, section: str) -> Route:
        async def show(request: Request) -> Response:
            return drawn(request, name, title, section, news=desk.news)

        return Route("/" + name, show)

    made = Starlette(
        routes=[
            page("parts", "Every part", "Lessons"),
            page("hostile", HOSTILE[0] + HOSTILE[9][:200], "Lessons"),
            page("review", "Review", "Review"),
            page("failures", "Failures", "Failures"),
            page("overview", "Overview", "Overview"),
            page("empty", "Gaps", "Gaps"),
            page("live", "Live", "Review"),
            page("sign-in", "Sign in", "Sign in"),
            Route("/decide/{to:path}", decide, methods=["POST"]),
            Route("/decided", decided),
            Route("/theme", theme, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    )
    made.state.desk = desk
    return made
