"""What the ledger can be told, and what it says about settings that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.config import ledger_settings
from schemas.problems import BrokenContract


def faults(toml: str = "", **environ: str) -> dict[str, str]:
    with pytest.raises(BrokenContract) as caught:
        ledger_settings(toml, environ)
    return {fault.field: fault.words for fault in caught.value.faults}


def test_nothing_told_is_a_ledger_on_this_machine_alone() -> None:
    settings = ledger_settings("", {})
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 8080, False)
    assert settings.url == "sqlite:////var/lib/merit-ledger/ledger.sqlite"


def test_the_environment_overrides_the_file() -> None:
    settings = ledger_settings('port = 9000\ndata_dir = "/srv/a"', {"MERIT_LEDGER_PORT": "9001", "PATH": "/bin"})
    assert (settings.port, settings.data_dir) == (9001, Path("/srv/a"))


def test_all_faults_are_told_at_once_with_the_place_they_came_from() -> None:
    found = faults(
        'hots = "0.0.0.0"\npublic_url = "example"',
        MERIT_LEDGER_PORT="eighty",
        MERIT_LEDGER_CLOCK_FILE="/tmp/clock",
        MERIT_LEDGER_DATBASE="x",
    )
    assert set(found) == {
        "hots",
        "public_url",
        "MERIT_LEDGER_PORT",
        "MERIT_LEDGER_CLOCK_FILE",
        "MERIT_LEDGER_DATBASE",
    }
    assert found["MERIT_LEDGER_PORT"] == "写成整数，现在是 eighty"
    assert "demo = true" in found["MERIT_LEDGER_CLOCK_FILE"]


def test_a_file_that_is_no_toml_is_told_as_such() -> None:
    assert "toml" in faults("port = = 1")


def test_a_database_that_the_ledger_does_not_know_is_refused() -> None:
    assert "database_url" in faults('database_url = "mysql://x"')


@pytest.mark.parametrize(
    ("toml", "secure"),
    [
        ("", False),
        ('public_url = "https://jifen.example"', True),
        ('host = "0.0.0.0"', True),
        ('host = "0.0.0.0"\ndemo = true', False),
        ('host = "0.0.0.0"\nsecure_cookies = false', False),
        ('public_url = "https://jifen.example"\ndemo = true', True),
    ],
)
def test_cookies_are_secure_wherever_tls_can_be_meant(toml: str, secure: bool) -> None:
    assert ledger_settings(toml, {}).secure_cookies is secure


def test_settings_do_not_change_after_they_were_checked() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ledger_settings("", {}).port = 1
