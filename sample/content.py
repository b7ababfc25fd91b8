"""What the scripted agent works on: a shop, a small firm's books, and a folder of notes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A thing on sale; price in euros."""

    sku: str
    name: str
    price: float
    stock: int


PRODUCTS = tuple(
    Product(sku=f"{name[:3].upper()}-{number}", name=name, price=price, stock=stock)
    for number, (name, price, stock) in enumerate(
        [
            ("kettle", 39.9, 14),
            ("teapot", 24.5, 3),
            ("mug", 7.2, 120),
            ("strainer", 5.1, 0),
            ("tray", 18.0, 22),
            ("lantern", 54.0, 6),
            ("candle", 3.4, 260),
            ("blanket", 61.0, 9),
            ("cushion", 27.3, 2),
            ("basket", 33.8, 17),
            ("clock", 72.5, 5),
            ("mirror", 88.0, 1),
        ],
        start=101,
    )
)

PEOPLE = (
    "Amara",
    "Bjorn",
    "Chidi",
    "Dalia",
    "Emre",
    "Farah",
    "Goran",
    "Hana",
    "Ilse",
    "Jonas",
    "Keiko",
    "Lucia",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of a repository, a bug that a task plants in it, and a test that sees it."""

    module: str
    name: str
    parameters: str
    body: str
    bug: str
    arguments: str
    result: str

    def source(self, body: str) -> str:
        """Return the function's text with this body."""
        words = self.name.replace("_", " ")
        return f'def {self.name}({self.parameters}):\n    """Return the {words}."""\n{body}\n'


def _function(module: str, call: str, body: str, bug: str, test: str) -> Function:
    name, parameters = call.rstrip(")").split("(")
    arguments, result = test.split(" -> ")
    indented = ["\n".join("    " + line for line in text.split("\n")) for text in (body, bug)]
    return Function(
        module=module,
        name=name,
        parameters=parameters,
        body=indented[0],
        bug=indented[1],
        arguments=arguments,
        result=result,
    )


SHOP_FUNCTIONS = (
    _function(
        "pricing",
        "net_price(gross, rate)",
        "factor = 1 + rate\nreturn round(gross / factor, 2)",
        "factor = 1 - rate\nreturn round(gross / factor, 2)",
        "119.0, 0.19 -> 100.0",
    ),
    _function(
        "pricing",
        "discount(total, items)",
        "if items >= 10:\n    return round(total * 0.1, 2)\nreturn 0.0",
        "if items > 10:\n    return round(total * 0.1, 2)\nreturn 0.0",
        "50.0, 10 -> 5.0",
    ),
    _function(
        "stock",
        "reorder_amount(level, target)",
        "missing = target - level\nreturn max(missing, 0)",
        "missing = level - target\nreturn max(missing, 0)",
        "3, 20 -> 17",
    ),
    _function(
        "stock",
        "is_low(level, limit)",
        "return level <= limit",
        "return level < limit",
        "5, 5 -> True",
    ),
    _function(
        "orders",
        "order_total(lines)",
        "total = sum(price * count for price, count in lines)\nreturn round(total, 2)",
        "total = sum(price + count for price, count in lines)\nreturn round(total, 2)",
        "[(2.5, 4), (1.0, 3)] -> 13.0",
    ),
    _function(
        "orders",
        "order_label(number, year)",
        'return f"{year}-{number:05d}"',
        'return f"{year}-{number:04d}"',
        "42, 2026 -> '2026-00042'",
    ),
    _function(
        "shipping",
        "shipping_cost(weight)",
        "if weight <= 2:\n    return 4.9\nreturn 4.9 + 1.5 * (weight - 2)",
        "if weight <= 2:\n    return 4.9\nreturn 4.9 + 1.5 * weight",
        "4 -> 7.9",
    ),
    _function(
        "shipping",
        "parcels(items, capacity)",
        "full, rest = divmod(items, capacity)\nreturn full + bool(rest)",
        "full, rest = divmod(items, capacity)\nreturn full",
        "21, 10 -> 3",
    ),
    _function(
        "customers",
        "greeting(name)",
        'first = name.strip().split(" ")[0]\nreturn f"Dear {first},"',
        'first = name.split(" ")[0]\nreturn f"Dear {first},"',
        "' Ilse Maas' -> 'Dear Ilse,'",
    ),
    _function(
        "customers",
        "loyalty_level(orders)",
        'names = ["new", "regular", "friend"]\nreturn names[min(orders // 5, 2)]',
        'names = ["new", "regular", "friend"]\nreturn names[min(orders // 5, 1)]',
        "12 -> 'friend'",
    ),
)

BOOKS_FUNCTIONS = (
    _function(
        "balance",
        "closing_balance(opening, amounts)",
        "return round(opening + sum(amounts), 2)",
        "return round(opening - sum(amounts), 2)",
        "10.0, [2.5, -1.0] -> 11.5",
    ),
    _function(
        "balance",
        "is_balanced(debits, credits)",
        "return abs(sum(debits) - sum(credits)) < 0.005",
        "return sum(debits) - sum(credits) < 0.005",
        "[1.0], [3.0] -> False",
    ),
    _function(
        "periods",
        "quarter(month)",
        "return (month - 1) // 3 + 1",
        "return month // 3 + 1",
        "6 -> 2",
    ),
    _function(
        "periods",
        "days_late(due, paid)",
        "late = paid - due\nreturn max(late, 0)",
        "late = due - paid\nreturn max(late, 0)",
        "10, 14 -> 4",
    ),
)

LINTER = '''"""Reports long lines, trailing blanks and unused imports."""
import ast
import sys
from pathlib import Path

found = 0
for name in sys.argv[1:]:
    text = Path(name).read_text()
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > 88:
            print(f"{name}:{number}: E501 line too long ({len(line)} > 88)")
            found += 1
        if line != line.rstrip():
            print(f"{name}:{number}: W291 trailing whitespace")
            found += 1
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import) and text.count(node.names[0].name) == 1:
            print(f"{name}:{node.lineno}: F401 '{node.names[0].name}' imported but unused")
            found += 1
print(f"{found} problems" if found else "All checks passed")
sys.exit(1 if found else 0)
'''

GUIDE = """# {title}

One module per subject under `src/`, its tests under `tests/`.
Run the tests of a module with `run_tests`, check the style with `tools/lint.py`.
Every change goes on a branch of its own and is pushed for review.

## Known errors
- `sqlite3.OperationalError: database is locked` while the nightly job runs
- Error 429 from the stock service: it allows three requests in twenty seconds
"""

MEETINGS = (
    ("Europe/Berlin", "Asia/Tokyo"),
    ("Europe/London", "America/New_York"),
    ("America/Chicago", "Europe/Paris"),
    ("Asia/Kolkata", "Europe/Madrid"),
    ("Australia/Sydney", "Europe/Rome"),
    ("America/Sao_Paulo", "Africa/Cairo"),
)

SUBJECTS = (
    "harbour",
    "orchard",
    "library",
    "workshop",
    "archive",
    "kitchen",
    "garden",
    "museum",
    "bakery",
    "station",
    "theatre",
    "market",
)

ASPECTS = ("opening hours", "repairs", "visitors", "suppliers", "budget", "safety")
