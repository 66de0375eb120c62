"""What anybody may open: a card's balance, a receipt, a door plate, the notices and the price list of a village."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.app import create_app
from ledger.awards.values import ClaimState
from ledger.boards.throttle import MISSES, MOST_ADDRESSES, WINDOW, MissThrottle, network_of
from ledger.book.keys import KeyFolder
from ledger.book.store import set_account
from ledger.book.values import household_account
from ledger.config import LedgerSettings
from ledger.people.cards import card_scanned, report_lost
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.four_words import four_words
from schemas.notes import read_checkpoint
from schemas.tokens import make_token, token_hash
from tests.conftest import FixedClock
from tests.fakes.award_scene import HOUSEHOLDS
from tests.fakes.board_scene import Shop
from tests.fakes.shop_scene import SOAP, SOY

VERIFIER = Path(__file__).parents[2] / "deploy" / "verify_log.py"
STRANGER = make_token("SQ", bytes(range(17)))
FULL_NAMES = [line.split(",")[1] for line in HOUSEHOLDS.splitlines()[1:]]


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Shop:
    return Shop(database, village, clock).open()


@pytest.fixture
def app(scene: Shop, clock: FixedClock, tmp_path: Path) -> Flask:
    settings = LedgerSettings(data_dir=tmp_path, secure_cookies=False)
    return create_app(Services(scene.database, clock, settings, wall=clock))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def anybodys(answer: TestResponse) -> str:
    """The page, after the checks that hold for every public page: nothing to find, to keep, to run; no cookie, no whole name."""
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    page = answer.text
    assert '<meta name="robots" content="noindex">' in page
    assert "<script" not in page
    assert "style=" not in page
    assert [name for name in FULL_NAMES if name in page] == []
    return page


def test_a_card_shows_masked_name_balance_and_what_is_on_the_way(scene: Shop, client: FlaskClient) -> None:
    scene.hang("0007", "VO01")
    page = anybodys(client.get(f"/q/{scene.card('0007').token}"))
    assert "汤** 户" in page
    assert "<dd>20<small>分</small></dd>" in page
    assert "还有 <b" in page
    assert "5 分</b>正在公示（义务劳动）" in page
    assert "11月20日" in page
    assert "原来本子上的分" in page
    assert "tel:5550123" in page
    assert "账记到 11月16日 10:00" in page


def test_what_is_due_but_not_credited_yet_is_not_promised_for_a_day_gone_by(
    scene: Shop, client: FlaskClient, clock: FixedClock
) -> None:
    card = scene.card("0007")
    scene.hang("0007", "VO01")
    clock.advance(days=5)
    assert "公示完了，等村里记到账上" in anybodys(client.get(f"/q/{card.token}"))


def test_a_code_may_be_scanned_in_small_letters(scene: Shop, client: FlaskClient) -> None:
    assert client.get(f"/q/{scene.card('0007').token.lower()}").status_code == 200


def test_the_last_five_lines_say_what_for_and_what_they_left(
    scene: Shop, client: FlaskClient, clock: FixedClock
) -> None:
    card = scene.card("0007")
    scene.hang("0007", "HY03", 2, day="2026-11-14")
    wrong = scene.hang("0007", "VO01")
    scene.hang("0007", "FA09")
    clock.advance(days=4)
    scene.due()
    scene.sell("0007", (SOY, 1, 5), (SOAP, 1, 5))
    sale, _ = scene.sell("0007", (SOAP, 2, 5))
    scene.void(sale)
    scene.put_right("0007", wrong, 5)
    page = anybodys(client.get(f"/q/{card.token}"))
    told = [
        ("改正：义务劳动", "改正 −5", "余 24 分"),
        ("香皂 2 块，退了", "退回 +10", "余 29 分"),
        ("香皂 2 块", "兑换 −10", "余 19 分"),
        ("酱油 1 瓶、香皂 1 块", "兑换 −10", "余 29 分"),
        ("家庭美德", "加分 +4", "余 39 分"),  # of this item nothing is public: a found card tells its area only
    ]
    places = [page.index(f">{what}<") for what, _, _ in told]
    assert places == sorted(places)
    assert all(way in page and left in page for _, way, left in told)
    assert "参加集体清扫" not in page
    assert "私下调解" not in page


def test_a_household_without_a_line_is_told_how_points_come(scene: Shop, client: FlaskClient) -> None:
    page = anybodys(client.get(f"/q/{scene.card('0011').token}"))
    assert "还没有加过分。做了好事，跟组长说一声就会记上。" in page


def test_a_household_that_owes_points_reads_how_it_gets_even(
    scene: Shop, client: FlaskClient, clock: FixedClock
) -> None:
    card = scene.card("0008")
    wrong = scene.hang("0008", "VO02")
    clock.advance(days=4)
    scene.due()
    scene.sell("0008", (SOAP, 1, 5))
    scene.put_right("0008", wrong, 10)
    page = anybodys(client.get(f"/q/{card.token}"))
    assert "<dd>0<small>分</small></dd>" in page
    assert "5 分</b>，以后加的分先补上；补齐前先不兑换" in page


def test_points_that_must_stay_are_not_shown_as_spendable(scene: Shop, client: FlaskClient) -> None:
    village_id = scene.village.village_id
    scene.database.write(lambda tx: set_account(tx, village_id, household_account("0012"), floor=30))
    page = anybodys(client.get(f"/q/{scene.card('0012').token}"))
    assert "<dd>8<small>分</small></dd>" in page
    assert "账上共 38 分，其中 30 分要留着，不能兑" in page


def test_a_replaced_card_says_so_and_shows_nothing_of_the_household(
    scene: Shop, client: FlaskClient, clock: FixedClock
) -> None:
    old = scene.card("0007")
    clock.advance(days=1)
    new, now = scene.card("0007"), clock.now()
    assert "汤** 户" in client.get(f"/q/{old.token}").text  # works until the new one is first scanned
    scene.database.write(lambda tx: card_scanned(tx, scene.village.village_id, token_hash(new.token), now))
    page = anybodys(client.get(f"/q/{old.token}"))
    assert "这张卡换过了" in page
    assert "11月17日" in page
    assert old.number in page
    assert "汤*" not in page
    assert "0007" not in page
    assert "20<small>" not in page


def test_looking_with_a_phone_is_no_first_scan(scene: Shop, client: FlaskClient, clock: FixedClock) -> None:
    old = scene.card("0007")
    clock.advance(days=1)
    client.get(f"/q/{scene.card('0007').token}")
    assert "汤** 户" in client.get(f"/q/{old.token}").text


def test_a_lost_card_opens_nothing(scene: Shop, client: FlaskClient, clock: FixedClock) -> None:
    card, now = scene.card("0007"), clock.now()
    scene.database.write(lambda tx: report_lost(tx, scene.village.village_id, card.number, now))
    page = anybodys(client.get(f"/q/{card.token}"))
    assert "这张卡停用了" in page
    assert "汤*" not in page


def test_unknown_malformed_and_foreign_cards_look_the_same(
    scene: Shop, client: FlaskClient, make_village: object
) -> None:
    receipt = scene.sell("0007", (SOAP, 1, 5))[1]
    pages = {
        anybodys(client.get(f"/q/{token}"))
        for token in (STRANGER, "XX" + STRANGER[2:], "SQ-1", "~", "%E5%8D%A1", "A" * 10_240, receipt)
    }
    assert len(pages) == 1
    assert "这个码这里没有" in pages.pop()
    assert client.get(f"/q/{STRANGER}").status_code == 404


def test_a_receipt_is_true_voided_or_not_here(scene: Shop, client: FlaskClient) -> None:
    sale, token = scene.sell("0007", (SOY, 1, 5), (SOAP, 1, 5))
    page = anybodys(client.get(f"/r/{token}"))
    assert "这张小票是真的，和村账对得上。" in page
    assert "1-000001" in page
    assert "酱油" in page
    assert "<dd>10<small>分</small></dd>" in page
    assert "汤" not in page
    assert "0007" not in page
    scene.void(sale)
    page = anybodys(client.get(f"/r/{token}"))
    assert "这张小票已经作废，10 分退回了。" in page
    missing = {anybodys(client.get(f"/r/{other}")) for other in (STRANGER, "x", "A" * 10_240, scene.card("0007").token)}
    assert len(missing) == 1
    assert "这张小票还没入账，或不是这里的" in missing.pop()


def test_a_receipt_says_whether_it_is_sealed_and_by_which_words(
    scene: Shop, client: FlaskClient, clock: FixedClock, tmp_path: Path
) -> None:
    folder = KeyFolder(tmp_path / "log-keys")
    _, first = scene.sell("0007", (SOAP, 1, 5))
    page = anybodys(client.get(f"/r/{first}"))
    assert "村账第 3 笔" in page
    assert "还没封账" in page
    assert "/proof" not in page
    unsealed = client.get(f"/r/{first}/proof")
    assert (unsealed.status_code, "还没封账" in anybodys(unsealed)) == (404, True)
    clock.advance(days=2)
    words = four_words(read_checkpoint(scene.seal(folder).text).root)
    page = anybodys(client.get(f"/r/{first}"))
    assert "11月18日封账，封到第 <b>3</b> 笔" in page
    assert "".join(f"<span>{word}</span>" for word in words) in page
    _, second = scene.sell("0007", (SOAP, 1, 5))
    assert "还没封账" in anybodys(client.get(f"/r/{second}"))
    scene.seal(folder)
    assert "封到第 <b>4</b> 笔" in anybodys(client.get(f"/r/{first}"))


def test_a_receipts_proof_is_checked_by_the_verifier_that_stands_alone(
    scene: Shop, client: FlaskClient, tmp_path: Path
) -> None:
    folder = KeyFolder(tmp_path / "log-keys")
    sale, token = scene.sell("0007", (SOY, 1, 5), (SOAP, 1, 5))
    scene.seal(folder)
    scene.void(sale)
    scene.seal(folder)
    address = client.get(f"/r/{token}").text.split('href="')[-1].split('"')[0]
    assert address == f"/r/{token}/proof"
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert (answer.headers["X-Robots-Tag"], answer.headers["Cache-Control"]) == ("noindex", "no-store")
    assert "filename=1-000001.tlog-proof" in answer.headers["Content-Disposition"]
    assert [name for name in FULL_NAMES if name in answer.text] == []
    file, key = tmp_path / "receipt.tlog-proof", folder.load("SQ")
    assert key is not None
    file.write_text(answer.text, encoding="utf-8")
    command = [sys.executable, "-I", str(VERIFIER), str(file), "--vkey", key.signer.verifier.text]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONUTF8": "1"})
    assert said.returncode == 0, said.stdout + said.stderr
    assert "第 3 笔在封过的账里" in said.stdout
    assert "household:0007 → shop:1  10" in said.stdout
    assert "酱油" not in said.stdout  # what was bought is in the document, and that stays here


def test_proofs_of_unknown_receipts_are_misses_too(scene: Shop, client: FlaskClient) -> None:
    assert "这张小票还没入账，或不是这里的" in anybodys(client.get(f"/r/{STRANGER}/proof"))
    for _ in range(MISSES):
        client.get(f"/r/{STRANGER}/proof")
    assert client.get(f"/r/{STRANGER}/proof").status_code == 429


def test_a_door_plate_opens_nothing_whatever_it_is(scene: Shop, client: FlaskClient) -> None:
    card = scene.card("0007").token
    pages = {anybodys(client.get(f"/d/{token}")) for token in (card, STRANGER, "x")}
    assert len(pages) == 1
    assert "这块牌给走访的工作人员用" in pages.pop()


def test_who_guesses_is_kept_waiting_and_told_how_long(scene: Shop, client: FlaskClient, clock: FixedClock) -> None:
    card = scene.card("0007").token
    for place in range(MISSES):
        kind = "q" if place % 2 else "r"
        assert client.get(f"/{kind}/{STRANGER}").status_code == 404
    answer = client.get(f"/q/{card}")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "600"
    assert "扫得太快了，等 10 分钟再来" in anybodys(answer)
    assert client.get(f"/q/{card}", environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200
    clock.advance(minutes=10)
    assert client.get(f"/q/{card}").status_code == 200


def test_right_codes_are_never_counted(scene: Shop, client: FlaskClient) -> None:
    card = scene.card("0007").token
    assert {client.get(f"/q/{card}").status_code for _ in range(MISSES + 5)} == {200}


def test_misses_are_counted_by_subscriber_and_forgotten_in_time() -> None:
    throttle, now = MissThrottle(), datetime(2026, 11, 16, 2, 0)  # noqa: DTZ001
    for place in range(MISSES):
        throttle.miss("2001:db8:1:2::1", now + timedelta(seconds=place))
    assert throttle.wait_s("2001:db8:1:2:ffff::9", now + timedelta(seconds=30)) == WINDOW.total_seconds() - 30
    assert throttle.wait_s("2001:db8:1:3::1", now) == 0
    assert throttle.wait_s("2001:db8:1:2::1", now + WINDOW) == 0  # the first of them is forgotten
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"


def test_the_throttle_does_not_grow_without_end() -> None:
    throttle, now = MissThrottle(), datetime(2026, 11, 16, 2, 0)  # noqa: DTZ001
    for place in range(MOST_ADDRESSES + 50):
        throttle.miss(f"10.{place >> 16}.{(place >> 8) & 255}.{place & 255}", now)
    assert len(throttle._misses) == MOST_ADDRESSES


def test_a_notice_hangs_its_days_masked_and_comes_down(scene: Shop, client: FlaskClient, clock: FixedClock) -> None:
    scene.hang("0007", "HY03", 2)
    scene.hang("0012", "VO04")
    scene.hang("0011", "FA09")
    scene.hang("0012", "VO01", 7, day="2026-11-02")
    assert client.get("/v/SQ/notices/1").status_code == 404  # not before its first day
    clock.advance(days=1)
    page = anybodys(client.get("/v/SQ/notices/1"))
    assert "汤** 户" in page
    assert "参加集体清扫，2 人次" in page
    assert "欧阳** 户" in page
    assert "照顾高龄老人" not in page  # only its area is public
    assert "志愿服务" in page
    assert "阎*" not in page  # of that item nothing is public
    assert "0011" not in page
    assert "另有 1 笔，共 4 分，按评分表不写是谁。" in page
    assert "原是 35 分，到上限了" in page
    assert "当月共" in page
    assert "11月19日晚上 12 点前" in page
    assert "第 1 期" in anybodys(client.get("/v/SQ/notices"))
    clock.advance(days=3)
    gone = client.get("/v/SQ/notices/1")
    assert gone.status_code == 404
    assert "可能公示期过了，已经撤下" in anybodys(gone)
    assert "现在没有正在公示的" in anybodys(client.get("/v/SQ/notices"))


def test_what_was_put_up_stays_true_when_more_is_reviewed_later(
    scene: Shop, client: FlaskClient, clock: FixedClock
) -> None:
    claim = scene.hang("0007", "VO01")
    clock.advance(days=1)
    before = client.get("/v/SQ/notices/1").text
    scene.hang("0007", "VO02")
    assert client.get("/v/SQ/notices/1").text == before
    assert scene.again(claim).state is ClaimState.ON_NOTICE


def test_the_price_list_shows_what_there_is(scene: Shop, client: FlaskClient) -> None:
    page = anybodys(client.get("/v/sq/goods"))
    assert "香皂" in page
    assert "39 分" in page
    assert page.index("玉米油 5L") < page.index("卖完了") < page.index("书包")
    assert client.get("/v/XX/goods").status_code == 404
    assert client.get("/v/XX/notices").status_code == 404


def test_the_front_page_of_a_village_leads_to_notices_prices_and_the_seal(
    scene: Shop, client: FlaskClient, clock: FixedClock, tmp_path: Path
) -> None:
    scene.hang("0007", "HY03")
    clock.advance(days=1)
    before = anybodys(client.get("/v/SQ/"))
    assert "还没封过账" in before
    size = read_checkpoint(scene.seal(KeyFolder(tmp_path / "keys")).text).size
    page = anybodys(client.get("/v/sq/"))
    assert 'href="/v/SQ/notices/1"' in page
    assert "第 1 期" in page
    assert 'href="/v/SQ/goods"' in page
    assert f"封到第 {size} 笔" in page
    assert 'href="/v/SQ/log"' in page
    assert "tel:5550123" in page
    clock.advance(days=3)
    assert "第 1 期" not in anybodys(client.get("/v/SQ/"))
    assert client.get("/v/XX/").status_code == 404


def test_the_front_page_of_a_village_that_has_nothing_yet(
    database: Database, village: Village, clock: FixedClock, tmp_path: Path
) -> None:
    settings = LedgerSettings(data_dir=tmp_path, secure_cookies=False)
    page = anybodys(
        create_app(Services(database, clock, settings, wall=clock)).test_client().get(f"/v/{village.code}/")
    )
    for words in ("现在没有正在公示的", "东西还没有上架", "还没封过账"):
        assert words in page
