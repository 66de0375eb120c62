"""Rules, contracts, the till and the receipts are pure: no clock, randomness, I/O, Flask or SQLAlchemy in their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN_MODULES = {
    "asyncio", "flask", "http", "io", "logging", "os", "pathlib", "queue", "random", "requests", "secrets", "select", "serial", "shutil",
    "signal", "socket", "sqlalchemy", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "urllib3", "uuid6",
    "escpos", "PIL", "qrcode", "structlog",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "open",
    "input",
    "print",
    "now",
    "utcnow",
    "today",
    "uuid1",
    "uuid4",
    "uuid7",
    "token_bytes",
    "token_hex",
    "urandom",
}


def pure_files() -> list[Path]:
    found = [
        *(ROOT / "schemas").rglob("*.py"),
        *(ROOT / "kiosk" / "counter").rglob("*.py"),
        *(ROOT / "kiosk" / "receipts").rglob("*.py"),
        ROOT / "kiosk" / "voice" / "saying.py",
    ]
    found += (ROOT / "ledger").rglob("rules.py")
    found += [
        ROOT / "ledger" / name
        for name in (
            "awards/caps.py",
            "book/deciding.py",
            "book/values.py",
            "people/rows.py",
            "shop/deciding.py",
            "shop/money_columns.py",
            "shop/money_rules.py",
            "shop/rows.py",
            "shop/shelving.py",
            "shop/shop.py",
        )
    ]
    return sorted(found)


def trouble(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in FORBIDDEN_CALLS and not (
                called == "today" and node.args
            ):  # a village's day of a given instant
                yield f"line {node.lineno}: calls {called}()"
            continue
        else:
            continue
        yield from (f"line {node.lineno}: imports {name}" for name in names if name.split(".")[0] in FORBIDDEN_MODULES)


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_file_stays_pure(path: Path) -> None:
    assert list(trouble(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source", ["import time", "from flask import g", "x = open('f')", "import datetime\ndatetime.datetime.now()"]
)
def test_the_guard_sees_what_it_is_for(source: str) -> None:
    assert list(trouble(ast.parse(source)))


def test_there_is_something_to_guard() -> None:
    names = {path.parent.name for path in pure_files()}
    assert {"schemas", "book", "counter", "receipts"} <= names
