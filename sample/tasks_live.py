"""Tasks with the live tools: a shop's repository, database and stock service; a firm's books."""

import json
from collections.abc import Callable, Mapping

from sample.content import PEOPLE, PRODUCTS
from sample.desk import NO_MATCH, Desk
from sample.harness import Wanted
from sample.worlds import BOOKS, SHOP

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")


def fix_bug(desk: Desk) -> None:
    """Find the bug that a ticket tells of, see the test red, mend it, see it green, push."""
    function, module = desk.function, desk.firm.module(desk.function)
    desk.ticket()
    desk.session.do("search_text", pattern=f"def {function.name}", path=desk.firm.repository)
    test = f"{desk.firm.repository}/tests/test_{function.module}.py"
    desk.read_all(module, test, f"{desk.firm.repository}/README.md")
    desk.run_tests(function.module)
    desk.read(module)
    desk.edit(module, function.bug, function.body)
    desk.run_tests(function.module)
    desk.git("diff", "--stat")
    name = function.name.replace("_", "-")
    desk.deliver(f"fix/{name}-{desk.number}", f"Mend {function.name}", f"src/{function.module}.py")
    desk.git("log", "--oneline", "-3")
    desk.close_ticket()


def add_helper(desk: Desk) -> None:
    """Add a small function beside another, in the style that the linter wants."""
    function, module = desk.function, desk.firm.module(desk.function)
    desk.session.do("list_files", path=f"{desk.firm.repository}/src")
    desk.read_all(
        f"{desk.firm.repository}/README.md", f"{desk.firm.repository}/docs/style.md", module
    )
    helper = f"describe_{function.name}"
    body = f'\n\ndef {helper}(value):\n    return f"{function.name}: {{value}}"\n'
    sloppy = desk.session.chance(0.85)
    head = f'"""All about {function.module}."""\n'
    desk.edit(module, head, head + ("import math\n" if sloppy else "") + body)
    desk.lint(function.module)
    if sloppy:
        desk.edit(module, "import math\n", "")
        desk.lint(function.module)
    desk.run_tests(function.module)
    desk.git("status", "--short")
    desk.git("diff", "--stat")
    desk.sql("SELECT count(*) AS open FROM tickets WHERE state = ?", "open")
    name = helper.replace("_", "-")
    desk.deliver(f"add/{name}-{desk.number}", f"Add {helper}", f"src/{function.module}.py")


def rename_function(desk: Desk) -> None:
    """Rename a function in its module and in its test."""
    function, module = desk.function, desk.firm.module(desk.function)
    test = f"{desk.firm.repository}/tests/test_{function.module}.py"
    new = f"{function.name}_of"
    desk.session.do("search_text", pattern=rf"\b{function.name}\b", path=desk.firm.repository)
    desk.read_all(module, test)
    desk.command(NO_MATCH, f"grep -rn {new} src tests")
    desk.edit(module, f"def {function.name}(", f"def {new}(")
    desk.run_tests(function.module)
    desk.edit(
        test,
        f"(self):\n        self.assertEqual({function.name}(",
        f"(self):\n        self.assertEqual({new}(",
    )
    answer = desk.read(test)
    line = next((line for line in answer.text.splitlines() if " import " in line), "")
    if line.startswith("from src"):
        desk.edit(test, line, line.replace(function.name, new, 1))
    desk.run_tests(function.module)
    if desk.session.chance(0.4):
        desk.branch(f"move/{function.module}-{desk.number}")
        desk.git("mv", "docs/style.md", "docs/writing.md")
        desk.git("commit", "-m", "Call the page what it is")
        desk.push(f"move/{function.module}-{desk.number}")
        return
    files = (f"src/{function.module}.py", f"tests/test_{function.module}.py")
    desk.deliver(f"rename/{function.module}-{desk.number}", f"Rename {function.name}", *files)


def monthly_report(desk: Desk) -> None:
    """Count a month's orders in the database and write a report about it."""
    month = MONTHS[desk.number % 4]
    desk.read(f"{desk.firm.repository}/README.md")
    desk.session.do("list_files", path="reports")
    person, product = PEOPLE[desk.number % 12], PRODUCTS[desk.number % 12]
    sales = desk.sql(
        "SELECT customer, total FROM orders WHERE placed_on LIKE ? ORDER BY total DESC", f"{month}%"
    )
    desk.sql("SELECT sku, sum(quantity) AS sold FROM orders GROUP BY sku ORDER BY sold DESC")
    desk.sql("SELECT count(*) AS orders FROM orders WHERE customer = ?", person)
    desk.sql("SELECT name, stock FROM products WHERE sku = ?", product.sku)
    desk.sql("SELECT max(placed_on) AS newest, min(placed_on) AS oldest FROM orders")
    desk.sql("SELECT customer, quantity FROM orders WHERE sku = ? LIMIT 5", product.sku)
    desk.read(f"{desk.firm.repository}/docs/style.md")
    text = f"# Sales of {month}\n\n{sales.text[:200]}\n"
    desk.write(f"reports/{month}/sales-{desk.number}.md", text)
    desk.write(f"reports/{month}/facts.json", json.dumps({"month": month, "task": desk.number}))
    desk.session.do("list_files", path=f"reports/{month}")
    desk.read(f"reports/{month}/sales-{desk.number}.md")


def restock(desk: Desk) -> None:
    """Ask the supplier about what runs low and write the order."""
    limit = 3 + desk.number % 4
    desk.sql("SELECT sku, name, stock FROM products WHERE stock <= ? ORDER BY stock", limit)
    desk.read(desk.firm.module(desk.function))
    low = [product for product in PRODUCTS if product.stock <= limit]
    if desk.session.chance(0.5):
        urls = [f"http://stock.internal/products/{product.sku}" for product in low]
        desk.session.together(*(Wanted(tool="fetch", args={"url": url}) for url in urls))
    else:
        for product in low:
            desk.fetch(f"/products/{product.sku}")
    for product in low[:2]:
        desk.sql("UPDATE products SET stock = stock + ? WHERE sku = ?", 20, product.sku)
    desk.sql("SELECT sku, stock FROM products ORDER BY stock LIMIT 6")
    desk.write(
        f"reports/restock-{desk.number}/order.md",
        "# Order\n\n" + "".join(f"- 20 x {product.name}\n" for product in low),
    )
    desk.read(f"reports/restock-{desk.number}/order.md")
    desk.session.do("list_files", path="reports")


def import_orders(desk: Desk) -> None:
    """Copy the supplier's orders of two days into the database; the days overlap."""
    day = 1 + desk.number % 26
    desk.read(f"{desk.firm.repository}/README.md")
    desk.sql("SELECT max(id) AS newest FROM orders")
    for since in (f"2026-10-{day:02d}", f"2026-10-{day + 1:02d}"):
        answer = desk.fetch("/orders", since=since)
        for order in json.loads(answer.text) if answer.ok else []:
            verb = "INSERT OR IGNORE" if desk.session.chance(0.75) else "INSERT"
            values = (order["id"], "Supplier", order["sku"], order["quantity"], since)
            tail = "INTO orders(id, customer, sku, quantity, placed_on) VALUES(?, ?, ?, ?, ?)"
            done = desk.sql(f"{verb} {tail}", *values)
            if "UNIQUE" in done.text and desk.session.chance(0.6):
                args = {"database": desk.firm.database, "sql": f"INSERT OR IGNORE {tail}"}
                args_of_retry = {**args, "parameters": list(values)}
                desk.session.try_patiently("query", args_of_retry, attempt=2)
    desk.sql("SELECT count(*) AS imported FROM orders WHERE customer = ?", "Supplier")
    desk.sql("SELECT sku, sum(quantity) AS pieces FROM orders GROUP BY sku LIMIT 5")
    desk.read(desk.firm.module(desk.function))


def release(desk: Desk) -> None:
    """Note a change and carry it to the release branch."""
    changes = f"{desk.firm.repository}/CHANGELOG.md"
    style = f"{desk.firm.repository}/docs/style.md"
    note = f"- Better {desk.function.name}"
    desk.git("status", "--short")
    desk.git("log", "--oneline", "-5")
    desk.read(changes)
    if desk.session.chance(0.65):
        desk.edit(changes, "## Unreleased\n", f"## Unreleased\n{note}\n")
    else:
        desk.edit(style, "- Short lines\n", "- Short lines, short words\n")
    answer = desk.git("checkout", "release-1.5")
    if "would be overwritten" in answer.text:
        if desk.session.chance(0.85):
            desk.git("stash")
            desk.again("checkout", "release-1.5")
        else:
            desk.git("checkout", "--", "CHANGELOG.md")
            desk.again("checkout", "release-1.5")
    desk.read(changes)
    desk.edit(changes, "## 1.5\n", f"## 1.5\n{note}\n")
    if desk.commit(f"Announce the better {desk.function.name}", "CHANGELOG.md").ok:
        desk.git("tag", f"v1.5.{desk.number}")
        desk.git("push")
    desk.ticket()


def write_page(desk: Desk) -> None:
    """Document a module on a page of its own."""
    function, repository = desk.function, desk.firm.repository
    desk.session.do("list_files", path=f"{repository}/docs")
    desk.read(f"{repository}/docs/style.md")
    desk.read(desk.firm.module(function))
    desk.session.do("search_text", pattern="def ", path=f"{repository}/src")
    desk.read(f"{repository}/tests/test_{function.module}.py")
    desk.git("log", "--oneline", "-3")
    page = f"docs/{function.module}/page-{desk.number}.md"
    desk.write(f"{repository}/{page}", f"# {function.module.title()}\n\n`{function.name}`\n")
    desk.session.do("list_files", path=f"{repository}/docs/{function.module}")
    desk.ticket()
    branch = f"docs/{function.module}-{desk.number}"
    desk.branch(branch)
    if desk.commit(f"Describe {function.name}", page).ok:
        desk.push(branch)


def close_month(desk: Desk) -> None:
    """Sum a month's entries of the books and correct one of them."""
    month = MONTHS[desk.number % 4]
    account = f"{desk.number % 4 + 1}000"
    desk.sql("SELECT number, title FROM accounts ORDER BY number")
    desk.sql("SELECT sum(amount) AS total FROM entries WHERE booked_on LIKE ?", f"{month}%")
    desk.sql("SELECT id, customer_name, amount FROM entries WHERE account = ?", account)
    desk.read(desk.firm.module(desk.function))
    desk.read(f"{desk.firm.repository}/README.md")
    desk.sql("SELECT count(*) AS open FROM tickets WHERE state = ?", "open")
    number = 41 if desk.session.chance(0.6) else 7
    insert = "INSERT INTO entries(id, account, amount, booked_on) VALUES(?, ?, ?, ?)"
    desk.sql(insert, number, account, 12.5, f"{month}-28")
    desk.sql("UPDATE entries SET amount = ? WHERE id = ?", 13.5, desk.number % 40 + 1)
    desk.write(f"reports/close-{month}/note.md", f"# {month}\n\nAccount {account} is closed.\n")
    desk.read(f"reports/close-{month}/note.md")


Task = Callable[[Desk], None]

SHOP_TASKS: Mapping[str, tuple[Task, int]] = {
    "fix-bug": (fix_bug, 22),
    "add-helper": (add_helper, 14),
    "rename": (rename_function, 9),
    "monthly-report": (monthly_report, 14),
    "restock": (restock, 16),
    "import-orders": (import_orders, 18),
    "release": (release, 18),
    "page": (write_page, 10),
}
BOOKS_TASKS: Mapping[str, tuple[Task, int]] = {
    "fix-bug": (fix_bug, 8),
    "close-month": (close_month, 10),
    "page": (write_page, 6),
}
PROJECTS = ((SHOP, SHOP_TASKS), (BOOKS, BOOKS_TASKS))
