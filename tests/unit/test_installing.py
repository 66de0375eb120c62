"""What a stranger's machine installs and runs: pinned by hash, from no named host, by the commands that the README tells."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pinned() -> dict[str, str]:
    """Each pinned requirement and what stands below it, up to the next."""
    found = re.split(r"^([a-z0-9][a-z0-9._-]*)==", LOCK, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def test_every_wheel_is_pinned_by_its_hash() -> None:
    assert [name for name, rest in pinned().items() if "--hash=sha256:" not in rest] == []


def test_the_lock_names_no_host() -> None:
    assert re.findall(r"^.*(?:://|--index|--find-links|--trusted-host).*$", LOCK, flags=re.MULTILINE) == []


def test_whatever_the_project_asks_for_is_in_the_lock() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(extras) == {"ledger", "kiosk", "dev"}
    wanted = [*PROJECT["project"]["dependencies"], *(one for extra in extras.values() for one in extra)]
    assert sorted({name_of(one) for one in wanted} - pinned().keys()) == []


def test_a_warning_is_an_error_and_types_are_strict() -> None:
    assert PROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"
    assert PROJECT["tool"]["mypy"]["strict"] is True
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"


def test_the_commands_of_the_readme_are_there() -> None:
    apart = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }  # it may be make that runs us
    told = subprocess.run(["make", "help"], cwd=ROOT, env=apart, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in told.splitlines()][:5] == ["help", "demo", "test", "check", "format"]
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in re.findall(r"(?:^    |`)make ([a-z]+)", readme, flags=re.MULTILINE):
        assert re.search(rf"^{name} ", told, flags=re.MULTILINE), name


def test_what_runs_on_a_clean_checkout_is_the_readmes_test_command() -> None:
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1] == "make test"
