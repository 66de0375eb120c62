"""The log from outside: commands, the public addresses, and the verifier that shares no code with us."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from uuid6 import uuid7

from ledger.boards.key_commands import key_group
from ledger.boards.log_against import against_paper
from ledger.boards.log_api import blueprint
from ledger.boards.log_arguments import key_folder
from ledger.boards.log_commands import COMMANDS, IMPORT_COMMANDS
from ledger.boards.township_commands import countersign
from ledger.book.keys import KeyFolder
from ledger.book.store import open_account, post
from ledger.book.values import AccountKind, Kind, TransferRequest
from ledger.cli import LedgerGroup
from ledger.config import LedgerSettings
from ledger.people.card_pages import qr_svg
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from ledger.web.shell import create_shell
from schemas.notes import read_checkpoint, read_note, read_vkey, signers
from schemas.proofs import consistent, includes
from schemas.slip import is_slip, read_slip
from tests.conftest import FixedClock

VERIFIER = Path(__file__).parents[2] / "deploy" / "verify_log.py"
Command = Callable[..., Result]


@pytest.fixture
def services(database: Database, clock: FixedClock, tmp_path: Path) -> Services:
    return Services(database, clock, LedgerSettings(data_dir=tmp_path / "data", demo=True))


@pytest.fixture
def earn(database: Database, village: Village, clock: FixedClock) -> Callable[[int], None]:
    """Post that many awards, with texts that computers like to spoil."""
    code, texts = "household:0007", ["酱油", "🌾", "é", "e\u0301", "a\u2028b"]
    database.write(lambda tx: open_account(tx, village.village_id, code, AccountKind.HOUSEHOLD, floor=0))

    def make(number: int) -> TransferRequest:
        text, day = {"item": texts[number % len(texts)]}, clock.now().date()
        return TransferRequest(uuid7(), Kind.AWARD, "fund", code, 1, day, "staff:1", uuid7(), text)

    def post_some(count: int) -> None:
        made = [make(number) for number in range(count)]
        database.write(lambda tx: post(tx, village.village_id, made, now=clock.now()))

    return post_some


@pytest.fixture
def run(services: Services) -> Command:
    @click.group(cls=LedgerGroup)
    def cli() -> None: ...

    @cli.group("import")
    def importing() -> None: ...

    for command in (*COMMANDS, countersign, key_group):
        cli.add_command(command)
    for command in IMPORT_COMMANDS:
        importing.add_command(command)
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args], obj=CommandContext(services))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    app = create_shell(services)
    app.register_blueprint(blueprint)
    return app.test_client()


def slip_in(result: Result) -> str:
    return next(word for word in result.output.replace("：", " ").split() if is_slip(word))


def key_text(run: Command) -> str:
    return str(run("key", "show", "--village", "SQ").output.split()[-3])


# ---- commands ---------------------------------------------------------------------------------------------------------


def test_the_book_is_sealed_and_the_words_are_read_out(run: Command, earn: Callable[[int], None]) -> None:
    earn(3)
    sealed = run("checkpoint", "--village", "sq")
    assert sealed.exit_code == 0, sealed.output
    assert "到第 3 笔，封账四词：" in sealed.output
    assert "U 盘" in sealed.output
    key = read_vkey(key_text(run))
    assert signers(read_slip(slip_in(sealed)), [key]) == [key]
    assert "U 盘" not in run("checkpoint", "--village", "SQ").output
    only = run("checkpoint", "--village", "SQ", "--note").stdout
    assert read_note(only) == read_slip(slip_in(sealed))


def test_a_receipt_is_proved_and_checked_by_another_program(
    run: Command, earn: Callable[[int], None], tmp_path: Path
) -> None:
    earn(7)
    assert run("prove", 5, "--village", "SQ").exit_code == 1
    run("checkpoint", "--village", "SQ")
    for more in ((), ("--document",)):
        file = tmp_path / "receipt.tlog-proof"
        file.write_text(run("prove", 5, "--village", "SQ", *more).output, encoding="utf-8")
        said = verifier(file, "--vkey", key_text(run))
        assert said.returncode == 0, said.stdout + said.stderr
        assert "第 5 笔在封过的账里" in said.stdout
        assert "everything holds" in said.stdout
        assert ("a\u2028b" in said.stdout) is bool(more)
    assert run("prove", 8, "--village", "SQ").exit_code == 1
    assert run("prove", "--village", "SQ").exit_code == 2


def test_a_book_is_held_against_paper(
    run: Command, earn: Callable[[int], None], services: Services, village: Village, tmp_path: Path
) -> None:
    earn(3)
    sealed = run("checkpoint", "--village", "SQ")
    paper = tmp_path / "paper.txt"
    paper.write_text(sealed.output, encoding="utf-8")
    note = tmp_path / "note.txt"
    note.write_text(run("checkpoint", "--village", "SQ", "--note").stdout, encoding="utf-8")
    earn(2)
    for given in (slip_in(sealed), str(paper), str(note)):
        assert against_paper(services, village, given, [key_text(run)]).ok
        assert against_paper(services, village, given, []).ok


def test_a_log_is_exported_imported_and_checked_elsewhere(
    run: Command, earn: Callable[[int], None], make_village: Callable[..., Village], tmp_path: Path
) -> None:
    target = tmp_path / "log.jsonl"
    assert run("export", "--village", "SQ", target).exit_code == 1
    earn(5)
    run("checkpoint", "--village", "SQ")
    done = run("export", "--village", "SQ", "--documents", target)
    assert "导出 5 笔" in done.output
    assert not list(tmp_path.glob("*.new"))
    again = run("import", "log", target, "--village", "SQ", "--vkey", key_text(run))
    assert "导进 0 笔，先前已有 5 笔" in again.output
    make_village("QX", "清溪村")
    foreign = run("import", "log", target, "--village", "QX", "--vkey", key_text(run))
    assert (foreign.exit_code, "不是 QX 的" in foreign.output) == (2, True)
    assert run("import", "log", target, "--village", "SQ").exit_code == 2


def test_a_township_countersigns_on_its_own_machine(run: Command, earn: Callable[[int], None], tmp_path: Path) -> None:
    earn(3)
    note, town = tmp_path / "note.txt", tmp_path / "town.json"
    note.write_text(run("checkpoint", "--village", "SQ", "--note").stdout, encoding="utf-8")
    key = key_text(run)
    assert run("countersign", note, "--file", town, "--vkey", key).exit_code == 2
    assert run("countersign", note, "--file", town, "--vkey", key, "--name", "清水 镇").exit_code == 2
    first = run("countersign", note, "--file", town, "--vkey", key, "--name", "township/清水镇")
    assert first.exit_code == 0, first.output
    town_key = next(word for word in first.stderr.replace("：", " ").split() if word.startswith("township/"))
    earn(2)
    note.write_text(run("checkpoint", "--village", "SQ", "--note").stdout, encoding="utf-8")
    without = run("countersign", note, "--file", town, "--vkey", key)
    assert (without.exit_code, "not_consistent" in without.output) == (1, True)
    proof = tmp_path / "proof.txt"
    proof.write_text(run("prove", "--since", 3, "--village", "SQ").output)
    signed = run("countersign", note, "--file", town, "--vkey", key, "--proof", proof)
    assert signed.exit_code == 0, signed.output
    note.write_text(signed.stdout, encoding="utf-8")
    kept = run("checkpoint", "--village", "SQ", "--countersigned", note, "--vkey", town_key)
    assert "收下了：第 5 笔" in kept.output
    assert verifier(note, "--vkey", key, "--vkey", town_key).stdout.count("✓") == 2


def test_keys_are_shown_rotated_and_started_over(run: Command, earn: Callable[[int], None], services: Services) -> None:
    assert run("key", "show", "--village", "SQ").exit_code == 1
    assert run("key", "rotate", "--village", "SQ").exit_code == 3
    run("checkpoint", "--village", "SQ")
    assert run("key", "rotate", "--village", "SQ").exit_code == 0
    assert "旧的一把签过名" in run("key", "show", "--village", "SQ").output
    key_folder(services.settings).path("SQ").unlink()
    lost = run("checkpoint", "--village", "SQ")
    assert (lost.exit_code, "log_key_lost" in lost.output) == (3, True)
    assert "两个人签字" in run("key", "rotate", "--village", "SQ", "--lost", "电脑坏了").output
    assert "没有旧的签名：电脑坏了" in run("key", "show", "--village", "SQ").output


def test_a_villages_key_is_put_on_paper_with_all_before_it_and_no_secret(
    run: Command, village: Village, services: Services, tmp_path: Path
) -> None:
    paper = tmp_path / "公钥.html"
    assert run("key", "sheet", paper, "--village", "SQ").exit_code == 1
    assert not paper.exists()
    run("checkpoint", "--village", "SQ")
    first = read_vkey(key_text(run))
    told = run("key", "sheet", paper, "--village", "SQ")
    page = paper.read_text("utf-8")
    assert told.exit_code == 0, told.output
    assert first.text in html.unescape(page)
    assert str(qr_svg(first.text)) in page
    fingerprint = re.findall(r"<span>([0-9a-f]{4})</span>", page)
    assert len(fingerprint) == 8
    assert " ".join(fingerprint) in told.output
    assert "".join(fingerprint[:2]) == first.key_id.hex()
    assert "头一把" in page
    run("key", "rotate", "--village", "SQ")
    run("key", "sheet", paper, "--village", "SQ")
    page = html.unescape(paper.read_text("utf-8"))
    assert "上一把签过名认的" in page
    assert first.text in page[page.index("以前用过的") :]
    run("key", "rotate", "--village", "SQ", "--lost", "电脑<坏>了")
    run("key", "sheet", paper, "--village", "SQ")
    assert "没有上一把的签名：电脑&lt;坏&gt;了" in paper.read_text("utf-8")
    key = key_folder(services.settings).load("SQ")
    assert key is not None
    assert key.signer.seed.hex() not in paper.read_text("utf-8")


def test_a_townships_key_is_put_on_paper_from_its_file(
    run: Command, earn: Callable[[int], None], tmp_path: Path
) -> None:
    earn(1)
    note, town, paper = tmp_path / "note.txt", tmp_path / "town.json", tmp_path / "town.html"
    note.write_text(run("checkpoint", "--village", "SQ", "--note").stdout, encoding="utf-8")
    first = run("countersign", note, "--file", town, "--vkey", key_text(run), "--name", "township/清水镇")
    key = next(word for word in first.stderr.replace("：", " ").split() if word.startswith("township/"))
    assert run("key", "sheet", paper, "--file", town).exit_code == 0
    page = html.unescape(paper.read_text("utf-8"))
    assert key in page
    assert "镇里会签的公钥" in page
    assert json.loads(town.read_text("utf-8"))["seed"] not in page
    for wrong in ((), ("--file", town, "--village", "SQ"), ("--file", note)):
        assert run("key", "sheet", paper, *wrong).exit_code == 2, wrong


def test_an_old_copy_is_not_sealed(run: Command, earn: Callable[[int], None], services: Services) -> None:
    earn(3)
    run("checkpoint", "--village", "SQ")
    folder = KeyFolder(services.settings.data_dir / "log-keys")
    content = json.loads(folder.path("SQ").read_text())
    content["last"] = content["last"].replace("\n3\n", "\n9\n")
    folder.path("SQ").write_text(json.dumps(content))
    refused = run("checkpoint", "--village", "SQ")
    assert (refused.exit_code, "restore_first" in refused.output) == (3, True)


# ---- addresses --------------------------------------------------------------------------------------------------------


def test_anyone_can_fetch_and_check_the_log(client: FlaskClient, run: Command, earn: Callable[[int], None]) -> None:
    assert client.get("/v/SQ/log/checkpoint").status_code == 404
    assert client.get("/v/SQ/log/vkey").status_code == 404
    earn(260)
    run("checkpoint", "--village", "SQ")
    first = read_checkpoint(read_note(client.get("/v/SQ/log/checkpoint").text).text)
    earn(40)
    run("checkpoint", "--village", "SQ")
    note = read_note(client.get("/v/SQ/log/checkpoint").text)
    key = read_vkey(client.get("/v/SQ/log/vkey").text)
    assert signers(note, [key]) == [key]
    now = read_checkpoint(note.text)
    page = json.loads(client.get("/v/SQ/log/hashes?from=257&to=300").text)
    assert (page["size"], page["from"], len(page["hashes"])) == (300, 257, 44)
    hashed = base64.b64decode(page["hashes"][3])
    path = hashes(client.get("/v/SQ/log/proof/inclusion?seq=260&size=300").text)
    assert includes(hashed, 259, 300, path, now.root)
    path = hashes(client.get("/v/SQ/log/proof/consistency?old=260&new=300").text)
    assert consistent(260, first.root, 300, now.root, path)
    assert json.loads(client.get("/v/SQ/log/keys").text)[0]["vkey"] == key.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/v/XX/log/checkpoint", 404),
        ("/v/SQ/log/hashes", 400),
        ("/v/SQ/log/hashes?from=0&to=5", 400),
        ("/v/SQ/log/hashes?from=1&to=1001", 400),
        ("/v/SQ/log/hashes?from=1&to=１", 400),
        ("/v/SQ/log/hashes?from=1&to=99999999999999999999", 400),
        ("/v/SQ/log/proof/inclusion?seq=1", 400),
        ("/v/SQ/log/proof/inclusion?seq=9&size=9", 404),
        ("/v/SQ/log/proof/consistency?old=2&new=1", 404),
        ("/v/SQ/log/proof/consistency?old=-1&new=1", 400),
    ],
)
def test_what_is_asked_wrongly_is_told(client: FlaskClient, village: Village, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def hashes(text: str) -> list[bytes]:
    return [base64.b64decode(line) for line in text.splitlines()]


# ---- the verifier that stands alone -----------------------------------------------------------------------------------


def verifier(*args: object) -> subprocess.CompletedProcess[str]:
    """As anybody would run it: one file, isolated from our packages."""
    given = [sys.executable, "-I", str(VERIFIER), *map(str, args)]
    return subprocess.run(given, capture_output=True, text=True, check=False, cwd="/", env={"PYTHONUTF8": "1"})


@pytest.fixture
def exported(run: Command, earn: Callable[[int], None], tmp_path: Path) -> tuple[Path, str, str]:
    """A log of 12 transfers, the slip from when it had 7, and the public key."""
    earn(7)
    slip = slip_in(run("checkpoint", "--village", "SQ"))
    earn(5)
    run("checkpoint", "--village", "SQ")
    target = tmp_path / "log.jsonl"
    run("export", "--village", "SQ", "--documents", target)
    return target, slip, key_text(run)


def test_it_shares_nothing_with_us() -> None:
    assert "from ledger" not in VERIFIER.read_text()
    assert "from schemas" not in VERIFIER.read_text()


def test_a_whole_log_and_an_old_slip_hold(exported: tuple[Path, str, str]) -> None:
    log, slip, key = exported
    said = verifier(log, "--vkey", key, "--against", slip)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "12 份凭据" in said.stdout
    assert "头 7 笔和纸上封的一样" in said.stdout
    assert verifier(slip, "--vkey", key).returncode == 0


def test_a_changed_log_does_not_hold(exported: tuple[Path, str, str], tmp_path: Path) -> None:
    log, slip, key = exported
    lines = log.read_text().splitlines()
    entry = json.loads(lines[4])
    leaf = base64.b64decode(entry["leaf"]).replace(b"household:0007\n1\n", b"household:0007\n9\n")
    changed = json.dumps({**entry, "leaf": base64.b64encode(leaf).decode()})
    document = json.dumps({**entry, "document": base64.b64encode(b"{}").decode()})
    for spoiled, words in (
        ([*lines[:4], changed, *lines[5:]], "第 4 笔被改过"),
        ([*lines[:4], document, *lines[5:]], "凭据"),
        (lines[:-1], "对不上"),
        ([*lines, lines[-1]], "不是 SQ 第 13 笔"),
        ([lines[0], *lines[2:]], "不是 SQ 第 1 笔"),
    ):
        bad = tmp_path / "bad.jsonl"
        bad.write_text("\n".join(spoiled) + "\n")
        said = verifier(bad, "--vkey", key, "--against", slip)
        assert said.returncode == 1, said.stdout + said.stderr
        assert words in said.stdout


def test_an_old_or_another_history_meets_its_paper(
    exported: tuple[Path, str, str], run: Command, earn: Callable[[int], None], tmp_path: Path
) -> None:
    log, slip, key = exported
    earn(1)
    newer = slip_in(run("checkpoint", "--village", "SQ"))
    said = verifier(log, "--vkey", key, "--against", newer)
    assert (said.returncode, "旧的一份" in said.stdout) == (1, True)
    forged = verifier(log, "--vkey", key, "--against", slip.replace("#7.", "#8."))
    assert (forged.returncode, "签名不对" in forged.stdout) == (1, True)


def test_a_log_after_a_rotation_is_checked_with_the_first_key(
    exported: tuple[Path, str, str], run: Command, tmp_path: Path
) -> None:
    _, slip, first = exported
    run("key", "rotate", "--village", "SQ")
    run("checkpoint", "--village", "SQ")
    target = tmp_path / "later.jsonl"
    run("export", "--village", "SQ", target)
    said = verifier(target, "--vkey", first, "--against", slip)
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_changed_character_of_a_proof_is_seen(
    exported: tuple[Path, str, str], run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(VERIFIER.parents[1]))
    from deploy.verify_log import Unreadable, Wrong
    from deploy.verify_log import run as check

    key, text = exported[2], run("prove", 3, "--village", "SQ", "--document").output
    check(text, [key], [])
    for place in range(len(text)):
        other = "B" if text[place] == "A" else "A"
        with pytest.raises((Wrong, Unreadable)):
            check(text[:place] + other + text[place + 1 :], [key], [])


@pytest.mark.parametrize("what", ["nonsense", "{}", "merit:/v/SQ/log#1.x", "c2sp.org/tlog-proof@v1\n", "{broken"])
def test_what_cannot_be_read_is_no_verdict(what: str) -> None:
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    said = verifier(what, "--vkey", key)
    assert (said.returncode, "验不了" in said.stderr) == (2, True)


def test_without_a_key_nothing_is_said(exported: tuple[Path, str, str]) -> None:
    log, slip, _ = exported
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    for args in ((log,), (slip,), (log, "--vkey", stranger), (slip, "--vkey", "x")):
        assert verifier(*args).returncode == 2
