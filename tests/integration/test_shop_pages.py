"""The office's pages of shop and counter: what stands there, who may open them, and the commands beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from ledger.cli import cli
from ledger.kiosks.store import all_kiosks
from ledger.staff.roles import Role
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.fakes.office_door import hire, post_form, sign_in
from tests.fakes.shop_scene import GOODS, OIL, RICE, Scene


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock)


@pytest.fixture
def admin(client: FlaskClient, scene: Scene) -> FlaskClient:
    hire(scene.database, scene.village, scene.clock, "chen", Role.VILLAGE_ADMIN)
    sign_in(client, "chen")
    return client


def words(page: str) -> str:
    """What a reader sees, on one line."""
    main = page[page.index('<main id="main">') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_an_empty_shop_says_how_to_begin(admin: FlaskClient) -> None:
    assert "架上还没有东西" in admin.get("/office/SQ/goods").text


def test_the_shop_shows_prices_and_what_is_short(admin: FlaskClient, scene: Scene) -> None:
    scene.furnish()
    pen = scene.enrolled()
    sale = pen.asked("0012", scene.cards["0012"], [(OIL, 1, 85)])
    pen.handed_over(sale, "0012", scene.cards["0012"], [(OIL, 1, 85)])
    scene.send(pen)
    seen = words(admin.get("/office/SQ/goods").text)
    assert "6 样货" in seen
    assert "玉米油 5L：少 1 桶" in seen
    assert "书包：还有 1 个" in seen
    assert re.search(r"大米 5kg 粮油 2000000000060 39 分 60 袋", seen)


def test_a_code_is_shown_once_and_lets_a_kiosk_in(admin: FlaskClient, scene: Scene) -> None:
    page = post_form(admin, "/office/SQ/kiosks", "/office/SQ/kiosks/code")
    found = re.search(r"SQ-[0-9A-Z]{8}", page.text)
    assert found
    assert "10:10 前有效" in words(page.text)
    assert found[0] not in admin.get("/office/SQ/kiosks").text
    key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, 7.1, test 1
    answer = admin.post("/api/v1/kiosk/enrol", json={"code": found[0], "public_key": key, "version": "0.1"})
    assert answer.status_code == 200
    assert "柜台机 1" in words(admin.get("/office/SQ/kiosks").text)


def test_the_page_says_what_a_person_has_to_look_at(admin: FlaskClient, scene: Scene) -> None:
    scene.furnish()
    pen = scene.enrolled()
    sale = pen.asked("0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.handed_over(sale, "0011", scene.cards["0011"], [(RICE, 1, 39)])
    pen.write_text("½")
    scene.send(pen)
    seen = words(admin.get("/office/SQ/kiosks").text)
    assert "要看的 2 件" in seen
    assert "单号 1-000001：离线时多兑了 27 分，货已拿走，等着补上" in seen
    assert "柜台机 1 第 3 笔：读不懂，先放一边，别的照常" in seen


def test_a_kiosk_is_stopped_after_a_question_and_once(admin: FlaskClient, scene: Scene) -> None:
    scene.enrolled()
    assert "停用柜台机 1？" in words(admin.get("/office/SQ/kiosks/1/revoke").text)
    for _ in range(2):
        answer = post_form(admin, "/office/SQ/kiosks", "/office/SQ/kiosks/1/revoke")
        assert answer.headers["Location"] == "/office/SQ/kiosks"
    [kiosk] = scene.database.read(lambda tx: all_kiosks(tx, scene.village.village_id))
    assert kiosk.revoked_at == scene.clock.now()
    assert "已经停用了" in admin.get("/office/SQ/kiosks/1/revoke").text
    assert admin.get("/office/SQ/kiosks/2/revoke").status_code == 404
    assert post_form(admin, "/office/SQ/kiosks", "/office/SQ/kiosks/2/revoke").status_code == 404


def test_a_supervisor_looks_and_stops_nothing_a_recorder_does_not_look(client: FlaskClient, scene: Scene) -> None:
    scene.enrolled()
    hire(scene.database, scene.village, scene.clock, "sun", Role.SUPERVISOR)
    hire(scene.database, scene.village, scene.clock, "li", Role.RECORDER)
    sign_in(client, "sun")
    page = client.get("/office/SQ/kiosks")
    assert (page.status_code, "要一个装机码" in page.text, "/revoke" in page.text) == (200, False, False)
    assert client.get("/office/SQ/kiosks/1/revoke").status_code == 403
    assert post_form(client, "/office/SQ/kiosks", "/office/SQ/kiosks/code").status_code == 403
    post_form(client, "/office/SQ/kiosks", "/office/sign-out")
    sign_in(client, "li")
    assert client.get("/office/SQ/kiosks").status_code == 403
    assert client.get("/office/SQ/goods").status_code == 200


# ── at the console ──────────────────────────────────────────────────────────────────────────────────────────────────


def run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"MERIT_LEDGER_DATA_DIR": str(data_dir)})


@pytest.fixture
def console(database: Database, village: Village, tmp_path: Path) -> Path:
    """The data directory of a ledger with one village."""
    return tmp_path / "data"


def test_goods_are_imported_after_a_look(console: Path, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(GOODS, encoding="utf-8")
    look = run(console, "import", "goods", str(file), "--village", "SQ", "--dry-run")
    assert (look.exit_code, look.output.splitlines()[-1]) == (0, "只看了一遍，还没导。")
    first = run(console, "import", "goods", str(file), "--village", "SQ")
    assert first.output == "新的 6 样，已经有的 0 样，要改的 0 样，期初库存共 171 件\n"
    again = run(console, "import", "goods", str(file), "--village", "SQ")
    assert again.output == "新的 0 样，已经有的 6 样，要改的 0 样\n"
    file.write_text(GOODS.replace("香皂,块,5", "香皂,块,五"), encoding="utf-8")
    wrong = run(console, "import", "goods", str(file), "--village", "SQ")
    assert (wrong.exit_code, "第 2 行“积分”写的是“五”，写成数字 5" in wrong.stderr) == (2, True)


def test_a_code_comes_from_the_console_too(console: Path) -> None:
    made = run(console, "kiosk", "code", "--village", "sq")
    assert made.exit_code == 0
    assert re.fullmatch(r"石桥村装机码：SQ-[0-9A-HJKMNP-TV-Z]{8}（\d\d:\d\d 前有效，用一次）\n", made.output)
    assert run(console, "kiosk", "code", "--village", "XX").exit_code == 2
