"""The office's side of the counter: cases that are settled, closed days, stock, paper slips, settings, PINs, and what a kiosk asks."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from ledger.cli import cli
from ledger.kiosks.store import freeze, revoke
from ledger.shop.slips import entered_slips
from ledger.staff.roles import Role
from ledger.villages.store import village_by_code
from schemas.beside import Beside, commitment
from schemas.canonical import Json
from schemas.four_words import four_words
from schemas.kiosk_api import Passbook, PinAnswer, Seal, Snapshot
from schemas.notes import read_checkpoint
from schemas.slip import read_slip
from tests.fakes.kiosk_door import come_in
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.office_door import hire, post_form, sign_in
from tests.fakes.shop_scene import DISH, RICE, SOAP, Scene

SALT = bytes(range(16))
API = "/api/v1/kiosk"


@pytest.fixture
def admin(client: FlaskClient, scene: Scene) -> FlaskClient:
    hire(scene.database, scene.village, scene.clock, "chen", Role.VILLAGE_ADMIN)
    sign_in(client, "chen")
    return client


@pytest.fixture
def kiosk(client: FlaskClient, scene: Scene) -> tuple[KioskPen, dict[str, str]]:
    """A kiosk that came in by its code, and the header it calls with."""
    return come_in(client, scene)


def words(page: str) -> str:
    """What a reader sees, on one line."""
    main = page[page.index('<main id="main">') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def run(data_dir: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, env={"MERIT_LEDGER_DATA_DIR": str(data_dir)}, input=typed)


# ── cases, days, stock ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_that_is_settled_leaves_the_list_once(admin: FlaskClient, scene: Scene) -> None:
    pen = scene.enrolled()
    pen.handed_over(
        pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)]), "0011", scene.cards["0011"], [(RICE, 1, 39)]
    )
    scene.send(pen)
    page = admin.get("/office/SQ/kiosks").text
    assert "要看的 1 件" in words(page)
    found = re.search(r'action="(/office/SQ/cases/[0-9a-f-]{36}/close)"', page)
    assert found
    for _ in range(2):
        assert post_form(admin, "/office/SQ/kiosks", found[1]).headers["Location"] == "/office/SQ/kiosks"
    assert "要看的" not in words(admin.get("/office/SQ/kiosks").text)
    scene.send(pen)
    assert scene.cases() == []


def test_the_page_holds_the_kiosks_day_against_the_book(admin: FlaskClient, scene: Scene) -> None:
    pen, today = scene.enrolled(), scene.village.today(scene.clock.now())
    pen.asked("0007", scene.cards["0007"], [(RICE, 1, 39)])
    pen.day_closed(today, 1, 1, sales=1, points=39)
    pen.day_closed(today, 1, 1, sales=2, points=78)
    scene.send(pen)
    seen = words(admin.get("/office/SQ/kiosks").text)
    assert "11月16日 周一 柜台机 1 2 笔 78 分 1 笔 39 分 不一样" in seen
    assert "11月16日 周一 柜台机 1 1 笔 39 分 1 笔 39 分 对上" in seen


def test_only_kiosks_that_sell_are_counted_as_in_use(admin: FlaskClient, scene: Scene) -> None:
    frozen, revoked, _ = (scene.enrolled().kiosk for _ in range(3))
    now = scene.clock.now()
    scene.database.write(lambda tx: freeze(tx, scene.village.village_id, frozen, now))
    scene.database.write(lambda tx: revoke(tx, scene.village.village_id, revoked, now))
    seen = words(admin.get("/office/SQ/kiosks").text)
    assert [one in seen for one in ("1 台在用", "先停了", "停用")] == [True] * 3


def test_the_stock_page_names_donors_and_what_goes_first(admin: FlaskClient, scene: Scene) -> None:
    assert "还没有进过货" in words(admin.get("/office/SQ/stock").text)
    pen, today = scene.enrolled(), scene.village.today(scene.clock.now())
    line: dict[str, Json] = {
        "barcode": SOAP,
        "quantity": 50,
        "cost_fen": 1000,
        "best_before": (today + timedelta(days=9)).isoformat(),
    }
    pen.received([line], source="donated", donor=commitment("山泉毛巾厂", SALT))
    pen.beside(1, donor=Beside(text="山泉毛巾厂", salt=SALT.hex()))
    pen.counted((DISH, 30, 29, "broken"))
    pen.written_off(RICE, 2, "damp")
    scene.send(pen)
    seen = words(admin.get("/office/SQ/stock").text)
    for told in (
        "书包 1 个", "香皂 2026-11-25 还有 9 天 50 块", "入库 1-000001 11月16日 10:00 香皂 50 块，保质到 2026-11-25 山泉毛巾厂 捐的，zhou 办的 改捐赠人 500.00 元",
        "洗洁精 账上 30、实点 29，差 −1，破损", "大米 5kg 2 袋，受潮", "捐来的，共值 500.00 元",
    ):  # fmt: skip
        assert told in seen


# ── paper slips ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_slips_are_printed_with_numbers_that_never_come_again(admin: FlaskClient) -> None:
    first = post_form(admin, "/office/SQ/slips", "/office/SQ/slips/print", many="5").text
    assert re.findall(r"No\.(\d{4})</b></div>", first) == [f"{n:04}" for n in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]
    assert first.count('class="slips"') == 2
    second = post_form(admin, "/office/SQ/slips", "/office/SQ/slips/print", many="2").text
    assert "No.0006 到 0007" in second
    wrong = post_form(admin, "/office/SQ/slips", "/office/SQ/slips/print", many="500")
    assert (wrong.status_code, "一次印 1 到 200 张，现在是 500" in wrong.text) == (400, True)


def test_a_slip_is_entered_once(admin: FlaskClient, scene: Scene) -> None:
    post_form(admin, "/office/SQ/slips", "/office/SQ/slips/print", many="50")
    found = re.search(r'name="id" value="([^"]+)"', admin.get("/office/SQ/slips").text)
    assert found
    typed = {
        "id": found[1],
        "slip": "No.0031",
        "household": "０００７",
        "day": "2026-11-14",
        "good0": RICE,
        "good1": SOAP,
        "count1": "2",
    }
    done = post_form(admin, "/office/SQ/slips", "/office/SQ/slips", **typed)
    assert done.headers["Location"] == "/office/SQ/slips?done=31"
    assert "0031 号记上了" in words(admin.get("/office/SQ/slips?done=31").text)
    again = post_form(admin, "/office/SQ/slips", "/office/SQ/slips", **typed)
    assert (again.status_code, "0031 号录过了，没有再记一遍" in again.text) == (400, True)
    assert (scene.balance("0007"), scene.stock(RICE), scene.cases(), scene.adds_up()) == (11, 59, [], True)
    assert scene.database.read(lambda tx: entered_slips(tx, scene.village.village_id)) == {31}


def test_a_slip_that_cannot_be_read_comes_back_as_it_was_typed(admin: FlaskClient, scene: Scene) -> None:
    typed = {"slip": "三一", "household": "0700", "day": "2027-01-01", "good0": RICE, "count0": "很多"}
    page = post_form(admin, "/office/SQ/slips", "/office/SQ/slips", **typed)
    assert page.status_code == 400
    for told in ("有 4 处要改", "照小票右上角写号", "户号 0700 村里没有", "日子还没到：1月1日", "现在是“很多”"):
        assert told in page.text
    assert 'value="三一"' in page.text
    assert scene.balance("0007") == 60


# ── what a kiosk asks ───────────────────────────────────────────────────────────────────────────────────────────────


def snapshot(client: FlaskClient, headers: dict[str, str], query: str = "") -> Snapshot:
    return Snapshot.model_validate_json(client.get(f"{API}/snapshot{query}", headers=headers).data)


def test_with_its_cursor_a_kiosk_gets_what_changed(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    pen, headers = kiosk
    first = snapshot(client, headers)
    assert (first.whole, len(first.households), len(first.cards)) == (True, 3, 3)
    same = snapshot(client, headers, f"?since={first.cursor}")
    assert (same.whole, same.households, same.cards, same.cursor) == (False, [], [], first.cursor)
    pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    scene.send(pen)
    changed = snapshot(client, headers, f"?since={first.cursor}")
    mine = next(one for one in changed.households if one.number == "0007")
    assert (mine.balance, mine.last_visit) == (55, scene.village.today(scene.clock.now()))
    assert (changed.whole, len(changed.goods)) == (False, 6)
    assert snapshot(client, headers, "?since=1.nonsense").whole


def test_the_page_says_how_many_are_unsent(
    admin: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    assert "不知道" in words(admin.get("/office/SQ/kiosks").text)
    snapshot(admin, kiosk[1], "?unsent=3")
    assert "0 笔 3 笔 在用" in words(admin.get("/office/SQ/kiosks").text)


def test_clerks_come_with_what_they_may_and_their_pins(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]], tmp_path: Path
) -> None:
    hire(scene.database, scene.village, scene.clock, "zhou", Role.SHOPKEEPER)
    hire(scene.database, scene.village, scene.clock, "liang", Role.SUPERVISOR)
    hire(scene.database, scene.village, scene.clock, "sun", Role.SUPERVISOR)
    data = tmp_path / "data"
    assert run(data, "user", "pin", "liang", typed="4071\n").exit_code == 0
    assert run(data, "user", "pin", "liang", typed="1234\n").exit_code == 2
    clerks = {clerk.login: clerk for clerk in snapshot(client, kiosk[1]).clerks}
    assert {login: (one.serves, one.supervises) for login, one in clerks.items()} == {
        "zhou": (True, False), "liang": (False, True),
    }  # fmt: skip
    assert PasswordHasher().verify(clerks["liang"].pin_hash or "", "4071")
    assert "4071" not in repr(clerks["liang"])


def test_an_open_order_is_in_the_snapshot_with_its_points_held(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    pen, headers = kiosk
    today = scene.village.today(scene.clock.now())
    pen.ordered("0007", scene.cards["0007"], [(RICE, 1, 39)], today)
    scene.send(pen)
    seen = snapshot(client, headers)
    [order] = seen.orders
    assert (order.household, order.lines[0].name, order.total, order.until) == ("0007", "大米 5kg", 39, today)
    mine = next(one for one in seen.households if one.number == "0007")
    assert (mine.balance, mine.held) == (21, 39)


def test_the_passbook_has_the_last_lines(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    pen, headers = kiosk
    sale = pen.asked("0007", scene.cards["0007"], [(SOAP, 1, 5)])
    pen.voided(sale)
    scene.send(pen)
    book = Passbook.model_validate_json(client.get(f"{API}/passbook/0007", headers=headers).data)
    assert [(line.words, line.amount, line.balance) for line in book.lines] == [
        ("退回 1-000001", 5, 60), ("兑换 1-000001", -5, 55), ("期初积分", 60, 60),
    ]  # fmt: skip
    assert client.get(f"{API}/passbook/0999", headers=headers).status_code == 404
    assert client.get(f"{API}/passbook/0007").status_code == 401


def test_a_households_pin_is_checked_here_and_locks_after_five_misses(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]], tmp_path: Path
) -> None:
    def ask(pin: str, household: str = "0007") -> PinAnswer:
        answer = client.post(f"{API}/pin", headers=kiosk[1], json={"household": household, "pin": pin})
        return PinAnswer.model_validate_json(answer.data)

    assert run(tmp_path / "data", "household-pin", "0007", "--village", "SQ", typed="4071\n").exit_code == 0
    assert ask("4071", "0011").unset
    assert ask("4071").ok
    assert [ask("0000").tries for _ in range(5)] == [4, 3, 2, 1, 0]
    locked = ask("4071")
    assert (locked.ok, locked.locked_minutes) == (False, 1)
    scene.clock.advance(minutes=2)
    assert ask("4071").ok


def test_the_seal_is_signed_and_has_four_words(
    client: FlaskClient, scene: Scene, kiosk: tuple[KioskPen, dict[str, str]]
) -> None:
    seal = Seal.model_validate_json(client.post(f"{API}/seal", headers=kiosk[1]).data)
    signed = read_checkpoint(read_slip(seal.slip).text)
    assert (signed.size, seal.size, tuple(seal.words)) == (3, 3, four_words(signed.root))


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_settings_are_changed_together_or_not_at_all(scene: Scene, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = run(data, "village", "set", "SQ", "limit-proxy=50", "pin-above=不限", "cash-allowed=on", "open-weekdays=135")
    assert (done.exit_code, done.output) == (0, "石桥村改好了 4 样。\n")
    wrong = run(data, "village", "set", "SQ", "limit-visit=100", "open-weekdays=8", "limit-no-card=-1")
    assert wrong.exit_code == 2
    assert "limit-no-card" in wrong.stderr or "limit_no_card" in wrong.stderr
    typo = run(data, "village", "set", "SQ", "limits=3")
    assert "没有这样设置" in typo.stderr
    now = scene.database.read(lambda tx: village_by_code(tx, "SQ"))
    assert now is not None
    assert (now.limit_proxy, now.pin_above, now.cash_allowed, now.limit_visit) == (50, None, True, None)
    assert now.weekdays == {1, 3, 5}
    assert "limit-proxy=50 " in run(data, "village", "show", "SQ").output
