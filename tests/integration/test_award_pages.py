"""The office's way of an award, as somebody with a browser and no script goes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from ledger.app import create_app
from ledger.awards.jobs import crediting, run_due
from ledger.awards.values import ClaimState
from ledger.config import LedgerSettings
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from tests.conftest import FixedClock
from tests.fakes.award_scene import PASSWORD, ZHOU, Scene
from tests.fakes.form_browser import FormBrowser

AWARD, REVIEW = "/office/SQ/award", "/office/SQ/review"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock).furnish()


@pytest.fixture
def services(scene: Scene, tmp_path: Path) -> Services:
    return Services(scene.database, scene.clock, LedgerSettings(data_dir=tmp_path, secure_cookies=False))


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def li(app: Flask) -> FormBrowser:
    return FormBrowser(app).sign_in("li", PASSWORD)


@pytest.fixture
def zhou(app: Flask) -> FormBrowser:
    return FormBrowser(app).sign_in("zhou", PASSWORD)


def fill_in(browser: FormBrowser, **typed: str) -> str:
    """The form with this typed in, as far as the check page (or back, with its errors)."""
    browser.get(AWARD)
    return browser.send(
        browser.form("household"), **{"household": "0007", "item": "VO01", "step": "check", **typed}
    ).text


def test_from_the_form_to_the_account(
    scene: Scene, services: Services, clock: FixedClock, li: FormBrowser, zhou: FormBrowser
) -> None:
    checked = fill_in(li, note="村口清水沟，组长在场")
    assert "给 0007 户加 5 分" in checked
    assert "每户每月最多 40 分" in checked
    done = li.send(li.form("household"), step="send").text
    assert "记下了，等人复核" in done
    assert "周玉兰、陈建国能复核，要 1 人同意" in done
    assert "等人复核" in li.get("/office/SQ/").text

    assert "等你复核" in zhou.get("/office/SQ/").text
    zhou.get(REVIEW)
    asked = zhou.send(zhou.form("claim"), claim=["1"], do="agree").text
    assert "同意加这 5 分？" in asked
    assert "11月17日（周二）" in asked
    assert "11月19日（周四）" in asked
    assert scene.again(scene.hang("0008", "VO01")).number == 2  # nothing was written by looking
    agreed = zhou.send(zhou.form("claim")).text
    assert "公示到 11月19日，11月20日零点到账" in agreed

    clock.advance(days=4)
    assert [(village.code, len(lines)) for village, lines in run_due(services)] == [("SQ", 2)]
    assert run_due(services) == []
    assert scene.balance("0007") == 25
    assert "到账了" in li.get("/office/SQ/award/1").text
    assert "加分 义务劳动（编号 1）" in li.get("/office/SQ/households/0007").text


def test_the_check_page_writes_nothing_and_its_change_keeps_everything(scene: Scene, li: FormBrowser) -> None:
    fill_in(li, note="村口", quantity="2", day="yesterday")
    form_id = li.form("household").value("id")
    li.send(li.form("household"), step="edit")
    form = li.form("household")
    assert [form.value(name) for name in ("household", "item", "quantity", "day", "written", "note", "id")] == [
        "0007", "VO01", "2", "yesterday", "", "村口", form_id,
    ]  # fmt: skip
    assert scene.claim("0007", "VO01").number == 1


def test_every_error_is_told_at_the_top_and_at_its_field_and_everything_typed_is_kept(li: FormBrowser) -> None:
    page = fill_in(li, household="0700", quantity="一次", item="", day="other", note="村口 <b>清沟</b>")
    assert li.page is not None
    assert li.page.status_code == 400
    assert "还没办成：有 4 处要改" in page
    for field, words in (
        ("household", "户号 0700 村里没有，再看一眼"),
        ("item", "还没选做了什么事"),
        ("quantity", "次数写 1 到 99 的整数，现在是“一次”"),
        ("day", "还没写是哪一天"),
    ):
        assert f'<a href="#{field}">{words}</a>' in page
        assert f'id="{field}"' in page
        assert f"错误：{words}" in page
    form = li.form("household")
    kept = [form.value(name) for name in ("household", "quantity", "day", "note")]
    assert kept == ["0700", "一次", "other", "村口 <b>清沟</b>"]


def test_a_name_that_several_have_is_chosen_from_a_list(scene: Scene, li: FormBrowser) -> None:
    page = fill_in(li, household="汤")
    assert "“汤”有 2 户，选一户" in page
    assert li.form("pick").choices["pick"] == ["0007", "0008"]
    assert "给 0008 户加 5 分" in li.send(li.form("household"), pick="0008", step="check").text
    assert "给 0012 户加 5 分" in fill_in(li, household="oyxw")
    assert "给 0007 户加 5 分" in fill_in(li, household="７")


def test_an_item_beyond_the_first_three_is_chosen_from_the_whole_rule_book(li: FormBrowser) -> None:
    li.get(AWARD)
    form = li.form("household")
    assert form.choices["item"] == ["VO01", "HY03", "VO02", "other"]
    assert set(form.choices["other"]) > {"HY01", "CR01", "FA02"}
    assert "给 0007 户加 20 分" in fill_in(li, item="other", other="CR01")
    assert "给 0007 户加 20 分" in fill_in(li, item="", other="CR01")
    assert "选了两件：义务劳动、红白事简办" in fill_in(li, item="VO01", other="CR01")


def test_the_items_used_most_stand_open(scene: Scene, li: FormBrowser) -> None:
    scene.hang("0007", "CR01")
    scene.hang("0008", "FA09")
    scene.hang("0012", "FA09")
    li.get(AWARD)
    assert li.form("household").choices["item"] == ["FA09", "CR01", "VO01", "other"]


def test_a_refusal_says_what_to_do_and_the_form_stays(scene: Scene, li: FormBrowser) -> None:
    scene.claim("0007", "VO01", by=ZHOU)
    page = fill_in(li)
    assert "同一户、同一天、同一件事，周玉兰已报，编号 1。看那一份；真是两回事，写一句说明再交" in page
    with_note = li.send(li.form("household"), note="下午又清了村尾", step="check").text
    assert "周玉兰记过一份，编号 1" in with_note
    assert "日子还没到：11月28日" in fill_in(li, day="other", written="2026-11-28")


def test_a_capped_deed_says_so_before_it_is_sent(scene: Scene, li: FormBrowser) -> None:
    scene.hang("0007", "VO01", 7, day="2026-11-02")
    page = fill_in(li, item="VO02")
    assert "给 0007 户加 5 分" in page
    assert "一户一月最多 40 分，原是 10 分，这次记 5 分" in page
    assert "含公示中 35 分" in page


def test_sending_a_form_twice_records_it_once(scene: Scene, li: FormBrowser) -> None:
    fill_in(li)
    form = li.form("household")
    assert "记下了，等人复核" in li.send(form, step="send").text
    assert "这一份已经交过了，没有再记一遍" in li.send(form, step="send").text
    assert scene.claim("0008", "VO01").number == 2


def test_a_form_changed_after_it_was_sent_is_shown_again_with_a_new_id(li: FormBrowser) -> None:
    fill_in(li)
    form = li.form("household")
    li.send(form, step="send")
    page = li.send(form, quantity="3", step="send").text
    assert "这一份已经交过了，这次改的没有记" in page
    again = li.form("household")
    assert again.value("quantity") == "3"
    assert again.value("id") != form.value("id")


def test_what_was_today_on_the_form_stays_that_day_after_midnight(
    scene: Scene, clock: FixedClock, li: FormBrowser
) -> None:
    clock.advance(hours=13, minutes=59)
    fill_in(li)
    form = li.form("household")
    clock.advance(minutes=2)
    assert "选了今天，又写了 11月16日" in li.send(form, step="send").text


def test_a_browser_can_go_back_to_the_check_until_it_signs_out(li: FormBrowser) -> None:
    """With no-store it could only ask whether to send the form twice."""
    assert li.get(AWARD).headers["Cache-Control"] == "no-store"
    fill_in(li)
    assert li.page is not None
    assert li.page.headers["Cache-Control"] == "private, no-cache"
    li.get("/office/SQ/")
    out = li.client.post("/office/sign-out", data={"csrf_token": li.form().value("csrf_token")})
    assert out.headers["Clear-Site-Data"] == '"cache"'


def test_a_day_to_come_is_told_with_the_other_faults(li: FormBrowser) -> None:
    page = fill_in(li, quantity="500", day="other", written="2027-01-05")
    assert "还没办成：有 2 处要改" in page
    for words in ("次数写 1 到 99 的整数，现在是“500”", "日子还没到：1月5日"):
        assert words in page


def test_a_form_without_its_token_is_turned_away(app: Flask, li: FormBrowser) -> None:
    fill_in(li)
    form = li.form("household")
    form.fields = [(name, value) for name, value in form.fields if name != "csrf_token"]
    assert li.send(form, step="send").status_code == 400
    assert li.get("/office/SQ/award/1").status_code == 404


def test_who_recorded_takes_it_back_until_it_is_reviewed(scene: Scene, li: FormBrowser, zhou: FormBrowser) -> None:
    fill_in(li)
    li.send(li.form("household"), step="send")
    assert "撤回这一份" in li.page.text  # type: ignore[union-attr]
    assert "撤回这一份" not in zhou.get("/office/SQ/award/1").text
    assert "撤回了，没有记" in li.send(li.form(), step="").text
    claim = scene.claim("0007", "VO01")
    li.get(f"/office/SQ/award/{claim.number}")
    form = li.form()
    scene.review(claim)
    assert "撤不回了" in li.send(form).text
    assert scene.again(claim).state is ClaimState.ON_NOTICE


def test_what_one_may_not_review_stays_in_sight_with_the_reason(
    app: Flask, scene: Scene, li: FormBrowser, zhou: FormBrowser
) -> None:
    scene.claim("0008", "VO01", by=ZHOU)
    scene.claim("0011", "VO01")
    page = zhou.get(REVIEW).text
    assert "你记的，要别人复核" in page
    assert "陈建国能复核" in page
    assert zhou.form("claim").choices["claim"] == ["2"]
    chen = FormBrowser(app).sign_in("chen", PASSWORD)
    page = chen.get(REVIEW).text
    assert "你家的，要别人复核" in page
    assert chen.form("claim").choices["claim"] == ["1"]
    assert "打勾" not in li.get(REVIEW).text  # who does not review sees what waits, and nothing to tick


def test_a_forged_review_of_ones_own_is_refused_in_words(scene: Scene, zhou: FormBrowser) -> None:
    own, other = scene.claim("0008", "VO01", by=ZHOU), scene.claim("0007", "VO01")
    zhou.get(REVIEW)
    zhou.send(zhou.form("claim"), claim=[str(other.number)], do="agree")
    page = zhou.send(zhou.form("claim"), claim=[str(own.number), str(other.number)]).text
    assert "这一笔是自己记的，要另一位来评。陈建国能复核" in page
    assert scene.again(own).state is ClaimState.CLAIMED
    assert scene.again(other).state is ClaimState.ON_NOTICE


def test_a_no_needs_its_reason_and_the_recorder_reads_it(scene: Scene, li: FormBrowser, zhou: FormBrowser) -> None:
    claim = scene.claim("0007", "VO01")
    zhou.get(REVIEW)
    assert "不同意这 1 笔，写原因" in zhou.send(zhou.form("claim"), claim=["1"], do="reject").text
    assert "还没写为什么不同意" in zhou.send(zhou.form("reason")).text
    assert "不加分" in zhou.send(zhou.form("reason"), reason="那天没有清沟").text
    assert scene.again(claim).state is ClaimState.REJECTED
    assert "周玉兰不同意：那天没有清沟" in li.get("/office/SQ/award/1").text


def test_reviewing_without_a_tick_says_so(scene: Scene, zhou: FormBrowser) -> None:
    scene.claim("0007", "VO01")
    zhou.get(REVIEW)
    assert "还没打勾" in zhou.send(zhou.form("claim"), do="agree").text


def test_empty_pages_say_what_comes_next(app: Flask, zhou: FormBrowser) -> None:
    assert "都复核完了" in zhou.get(REVIEW).text
    assert "还没有公示" in zhou.get("/office/SQ/notices").text
    assert "现在没有等着办的" in zhou.get("/office/SQ/").text


def test_before_the_first_rule_book_the_form_says_what_is_missing(
    scene: Scene, clock: FixedClock, li: FormBrowser
) -> None:
    clock.set(clock.now().replace(month=3))
    assert "还没有评分表" in li.get(AWARD).text


def test_the_office_reads_a_notice_and_what_became_of_each_line(
    scene: Scene, clock: FixedClock, li: FormBrowser
) -> None:
    scene.hang("0007", "VO01")
    scene.hang("0012", "VO04")
    assert "11月17日贴出" in li.get("/office/SQ/notices").text
    clock.advance(days=1)
    page = li.get("/office/SQ/notices/1").text
    assert "石桥村积分公示" in page
    assert "欧阳** 户" in page
    assert "正在公示" in page
    assert li.get("/office/SQ/notices/9").status_code == 404
    clock.advance(days=3)
    assert "2 笔没到账" in li.get("/office/SQ/notices").text
    scene.due()
    assert "到账了" in li.get("/office/SQ/notices").text


def test_who_only_keeps_the_shop_sees_none_of_it(app: Flask, scene: Scene, li: FormBrowser, zhou: FormBrowser) -> None:
    assert FormBrowser(app).get(AWARD).status_code == 303
    chen = FormBrowser(app).sign_in("chen", PASSWORD)
    assert chen.get(AWARD).status_code == 403
    assert chen.get("/office/XX/award").status_code == 404


def test_the_service_credits_by_itself(scene: Scene, services: Services, clock: FixedClock) -> None:
    scene.hang("0007", "VO01")
    clock.advance(days=4)
    with crediting(services):  # runs at once, then every minute
        pass
    assert scene.balance("0007") == 25
