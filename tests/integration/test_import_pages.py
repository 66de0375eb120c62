"""The office pages of this room: import in three steps, households, cards on A4, the rule book."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from werkzeug.test import TestResponse

from ledger.people.cards import ACTIVE, all_cards
from ledger.people.households_import import HouseholdsImporter
from ledger.people.store import all_households
from ledger.scheme.rulebook_import import RuleBookImporter
from ledger.scheme.store import rule_book_on
from ledger.staff.roles import Role
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.tokens import Code, CodeKind, read_code
from tests.conftest import FixedClock
from tests.fakes.office import Office, hidden

DATA = Path(__file__).parents[2] / "deploy" / "demo" / "data"
LIST = (DATA / "households.csv").read_bytes()
BOOK = (DATA / "rulebook.json").read_bytes()


@pytest.fixture
def admin(database: Database, clock: FixedClock, tmp_path: Path, village: Village) -> Office:
    return Office(database, clock, tmp_path / "keys", village, Role.VILLAGE_ADMIN)


@pytest.fixture
def households(database: Database, clock: FixedClock, village: Village) -> None:
    database.write(lambda tx: HouseholdsImporter().apply(tx, village, LIST, clock.now(), "import"))


def look(admin: Office, data: bytes, kind: str = "households", name: str = "户册.csv") -> TestResponse:
    return admin.post(f"import/{kind}/look", admin.get(f"import/{kind}"), file=(io.BytesIO(data), name))


def carried(page: TestResponse) -> dict[str, str]:
    return {name: hidden(page.text, name) for name in ("data", "sha256", "name")}


def count(database: Database, village: Village) -> int:
    return len(database.read(lambda tx: all_households(tx, village.village_id)))


def test_the_page_names_what_can_be_imported(admin: Office) -> None:
    page = admin.get("import").text
    assert "户名册" in page
    assert "评分表" in page


def test_a_list_is_looked_at_then_brought_in(admin: Office, database: Database, village: Village) -> None:
    page = look(admin, LIST)
    assert page.status_code == 200
    assert "新的 220 户，已经有的 0 户，要改的 0 户" in page.text
    assert count(database, village) == 0
    done = admin.post("import/households/bring-in", page, **carried(page))
    assert done.status_code == 200
    assert "导好了" in done.text
    assert count(database, village) == 220


def test_the_same_list_again_says_that_nothing_would_change(admin: Office, households: None) -> None:
    page = look(admin, LIST)
    assert "新的 0 户，已经有的 220 户，要改的 0 户" in page.text
    assert "不用导" in page.text
    assert 'name="sha256"' not in page.text


def test_sending_the_last_step_twice_moves_nothing_more(admin: Office, database: Database, village: Village) -> None:
    page = look(admin, LIST)
    for _ in range(2):
        assert admin.post("import/households/bring-in", page, **carried(page)).status_code == 200
    assert count(database, village) == 220


def test_every_fault_is_shown_and_there_is_no_button_to_go_on(
    admin: Office, database: Database, village: Village
) -> None:
    page = look(admin, LIST.replace("0013,叶远长,第1网格,1组,4,1,,20,".encode(), "0013,,第1网格,1组,4,1,,十,".encode()))
    assert page.status_code == 400
    assert "还没办成：有 2 处要改" in page.text
    assert "第 14 行“期初积分”写的是“十”，写成数字 10" in page.text
    assert "第 14 行还没写“户主”" in page.text
    assert 'name="sha256"' not in page.text
    assert count(database, village) == 0


def test_no_file_at_all_is_told_beside_the_field(admin: Office) -> None:
    page = admin.post("import/households/look", admin.get("import/households"))
    assert page.status_code == 400
    assert "错误：还没选文件" in page.text


def test_a_file_that_was_changed_on_the_way_is_not_imported(
    admin: Office, database: Database, village: Village
) -> None:
    page = look(admin, LIST)
    other = {**carried(page), "data": base64.b64encode(LIST.replace(b",60,", b",99,")).decode()}
    assert admin.post("import/households/bring-in", page, **other).status_code == 400
    assert admin.post("import/households/bring-in", page, data="§", sha256="", name="").status_code == 400
    assert count(database, village) == 0


def test_a_village_that_changed_after_the_look_gets_its_faults_and_no_half_import(
    admin: Office, database: Database, village: Village, clock: FixedClock
) -> None:
    page = look(admin, LIST)
    first = LIST.replace("0007,汤勇芳,第1网格,1组,5,0,,60,".encode(), "0007,汤勇芳,第1网格,1组,5,0,,61,".encode())
    database.write(lambda tx: HouseholdsImporter().apply(tx, village, first, clock.now(), "import"))
    answer = admin.post("import/households/bring-in", page, **carried(page))
    assert answer.status_code == 400
    assert "0007 户的期初已经入账 61 分，不再改，写回 61" in answer.text


def test_a_rule_book_comes_in_the_same_way_and_can_be_read(
    admin: Office, database: Database, village: Village, clock: FixedClock
) -> None:
    assert "还没有评分表" in admin.get("rulebook").text
    page = look(admin, BOOK, "rulebook", "rulebook.json")
    assert "第 1 版，6 类 16 项" in page.text
    assert "第 1 版从 2026-11-16 起用" in admin.post("import/rulebook/bring-in", page, **carried(page)).text
    shown = admin.get("rulebook").text
    for words in ("默认积分评定表", "义务劳动", "一户一月最多 40 分", "一户一月最多 1 次", "只写哪一类"):
        assert words in shown
    assert "和第 1 版一样" in look(admin, BOOK, "rulebook", "rulebook.json").text
    yesterday = village.today(clock.now()).replace(day=15)
    assert database.read(lambda tx: rule_book_on(tx, village.village_id, yesterday)) is None


def test_a_rule_book_with_two_items_of_one_code_changes_nothing(
    admin: Office, database: Database, village: Village, clock: FixedClock
) -> None:
    page = look(admin, BOOK.replace(b'"VO02"', b'"VO01"'), "rulebook", "rulebook.json")
    assert page.status_code == 400
    assert "有两项都叫 VO01，改一个" in page.text
    assert 'name="sha256"' not in page.text
    today = village.today(clock.now())
    assert database.read(lambda tx: rule_book_on(tx, village.village_id, today)) is None


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_a_list_as_a_spreadsheet_saves_it_comes_in_whole(
    admin: Office, database: Database, village: Village, encoding: str
) -> None:
    lines = LIST.decode().splitlines()[:21]  # further down stands a name that GBK has no sign for
    page = look(admin, "\r\n".join(lines).encode(encoding))
    assert "新的 20 户" in page.text
    admin.post("import/households/bring-in", page, **carried(page))
    assert count(database, village) == 20


def test_a_list_without_one_of_its_columns_names_it_and_brings_nothing_in(
    admin: Office, database: Database, village: Village
) -> None:
    page = look(admin, LIST.replace("户主,".encode(), b"", 1))
    assert page.status_code == 400
    assert "表头里没有“户主”这一列" in page.text
    assert count(database, village) == 0


def test_a_new_version_names_what_changes(
    admin: Office, database: Database, village: Village, clock: FixedClock
) -> None:
    database.write(lambda tx: RuleBookImporter().apply(tx, village, BOOK, clock.now(), "import"))
    page = look(
        admin, BOOK.replace(b'"CO02"', b'"CO03"').replace("义务劳动".encode(), "出工".encode()), "rulebook", "r.json"
    )
    for words in ("改了 VO01 出工，每次 5 分", "加上 CO03 夜校宣讲，每人次 5 分", "去掉 CO02 夜校宣讲"):
        assert words in page.text


def test_only_the_village_admin_imports_and_prints_cards(
    database: Database, clock: FixedClock, tmp_path: Path, village: Village
) -> None:
    recorder = Office(database, clock, tmp_path / "keys", village, Role.RECORDER)
    for path in ("import", "import/households", "cards"):
        assert recorder.get(path).status_code == 403
    assert recorder.get("households").status_code == 200
    assert recorder.get("rulebook").status_code == 200


def test_an_unknown_kind_of_file_is_not_found(admin: Office) -> None:
    assert admin.get("import/secrets").status_code == 404


def test_the_list_of_households_is_in_pages_and_finds_one_at_once(admin: Office, households: None) -> None:
    page = admin.get("households").text
    assert "220 户，220 户还没有卡" in page
    assert "第 1 页，共 5 页" in page
    assert "汤勇芳" in page
    assert "第 5 页，共 5 页" in admin.get("households", page="99").text
    found = admin.get("households", q="tyf")
    assert found.status_code == 303
    assert found.headers["Location"].endswith("/office/SQ/households/0007")
    assert "没有找到“没有这个人”" in admin.get("households", q="没有这个人").text


def test_an_empty_village_is_told_how_to_begin(admin: Office) -> None:
    assert "村里还没有户" in admin.get("households").text


def test_a_households_page_shows_balance_lines_and_cards(admin: Office, households: None) -> None:
    page = admin.get("households/0007").text
    for words in ("汤勇芳", "1组", ">60<small>分", "期初", "+60", "还没有卡"):
        assert words in page
    assert admin.get("households/7777").status_code == 404


def test_cards_come_on_sheets_of_ten_with_codes_that_a_scanner_reads(
    admin: Office, households: None, database: Database, village: Village
) -> None:
    page = admin.post("cards", admin.get("cards"), who="group", group="1组", number="")
    assert page.status_code == 200
    cards = page.text.count('<section class="card"')
    assert page.text.count('<div class="cards">') == -(-cards // 10)
    for words in ("汤**户", "丢了马上打 <b>555 0123</b>", "到店扫码", "村码 SQ"):
        assert words in page.text
    assert "汤勇芳" not in page.text
    assert "style=" not in page.text
    code = scanned(page.text)
    assert isinstance(code, Code)
    assert (code.kind, code.village) == (CodeKind.CARD, "SQ")
    kept = database.read(lambda tx: all_cards(tx, village.village_id))
    assert len(kept) == cards
    assert all(card.state == ACTIVE for card in kept)


def test_cards_of_a_village_with_a_web_address_can_be_scanned_by_any_phone(
    database: Database, clock: FixedClock, tmp_path: Path, make_village: type
) -> None:
    village = make_village("LT", "柳塘村", base="https://jf.example.cn")
    admin = Office(database, clock, tmp_path / "keys", village, Role.VILLAGE_ADMIN)
    database.write(lambda tx: HouseholdsImporter().apply(tx, village, LIST, clock.now(), "import"))
    page = admin.post("cards", admin.get("cards"), who="one", number="7", group="").text
    assert "手机扫码查分" in page
    assert "0007" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"who": "one", "number": ""}, "还没写户号"),
        ({"who": "one", "number": "0700"}, "户号 0700 村里没有，再看一眼"),
        ({"who": "group", "group": ""}, "还没选哪一组"),
        ({"who": "group", "group": "99组"}, "没有“99组”这一组，再选一次"),
        ({}, "还没选给谁印"),
    ],
)
def test_a_wrong_choice_comes_back_with_the_words_and_prints_nothing(
    admin: Office, households: None, database: Database, village: Village, form: dict[str, str], words: str
) -> None:
    page = admin.post("cards", admin.get("cards"), **form)
    assert page.status_code == 400
    assert f"错误：{words}" in page.text
    assert database.read(lambda tx: all_cards(tx, village.village_id)) == []


def test_when_everybody_has_a_card_the_page_says_so(admin: Office, households: None) -> None:
    assert admin.post("cards", admin.get("cards"), who="without").status_code == 200
    assert "每一户都有卡了" in admin.post("cards", admin.get("cards"), who="without").text


def test_a_lost_card_is_stopped_after_being_asked_once(
    admin: Office, households: None, database: Database, village: Village
) -> None:
    admin.post("cards", admin.get("cards"), who="one", number="0007")
    (card,) = database.read(lambda tx: all_cards(tx, village.village_id))
    assert f"cards/{card.number}/stop" in admin.get("households/0007").text
    asked = admin.get(f"cards/{card.number}/stop")
    assert "停用这张卡？" in asked.text
    for _ in range(2):
        assert admin.post(f"cards/{card.number}/stop", asked).status_code == 303
    assert "已停用" in admin.get("households/0007").text
    assert "已经停用了，不用再办" in admin.get(f"cards/{card.number}/stop").text
    assert admin.get("cards/000000/stop").status_code == 404
    assert admin.post("cards/000000/stop", asked).status_code == 404


def scanned(page: str) -> object:
    """What a scanner reads from the first code on the sheet, drawn from its SVG path as a printer would."""
    found = re.search(
        r'viewBox="0 0 (\d+) \1".*?<path[^>]*stroke="#000"[^>]*d="([^"]+)"', page.split('class="q"')[1], re.DOTALL
    )
    assert found
    size, path = int(found[1]), found[2]
    picture = Image.new("L", (size, size), 255)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]*)", path):
        parts = [float(part) for part in re.findall(r"-?[0-9.]+", numbers)]
        if command == "M":
            x, y = parts[0], parts[1]
        elif command == "m":
            x, y = x + parts[0], y + parts[1]
        else:
            for step in range(int(parts[0])):
                picture.putpixel((int(x) + step, int(y)), 0)
            x += parts[0]
    (code,) = zxingcpp.read_barcodes(picture.resize((size * 8, size * 8), Image.Resampling.NEAREST))
    return read_code(code.text)


def test_what_travels_between_the_steps_is_the_file_itself(admin: Office) -> None:
    page = look(admin, LIST)
    assert base64.b64decode(hidden(page.text, "data")) == LIST
    assert hidden(page.text, "sha256") == hashlib.sha256(LIST).hexdigest()
