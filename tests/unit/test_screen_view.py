"""Every face of the counter has its words: the village's amounts, masked names, no codes, and what is different without a line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from kiosk.counter.events import Action, DeviceTrouble, Tick
from kiosk.counter.events import Device as Part
from kiosk.counter.values import Face, Line, LineStatus, Note
from kiosk.screen.faces import (
    AskView,
    CartView,
    ConfirmView,
    DoneView,
    FaceView,
    HandOverView,
    HouseholdView,
    IdleView,
    PadView,
    PaperView,
    PickView,
    RefusedView,
)
from kiosk.screen.pages import whole
from kiosk.screen.pictures import DRAWINGS, picture_of
from kiosk.screen.speech import masked, speech_of
from kiosk.screen.values import Page, ScreenSettings
from kiosk.screen.view import page_of
from schemas.refusals import FaultCode, Refusal, RefusalCode
from tests.fakes.counter_faces import FACES
from tests.fakes.counter_village import CLERK, GOODS, NOW, OFFLINE, OIL, ONLINE, SOAP, SOY, token_of, village
from tests.fakes.stepping_runner import SteppingRunner, at_rest, choosing

Make = Callable[[], SteppingRunner]
DAY = ScreenSettings()


def shown(runner: SteppingRunner, settings: ScreenSettings = DAY) -> Page:
    return page_of(runner.state(), NOW, settings)


def texts(value: object) -> Iterator[str]:
    """Every text in a view, whatever it is nested in; not what a tap sends."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "arg":
                yield from texts(getattr(value, field.name))


@pytest.fixture(params=sorted(FACES))
def runner(request: pytest.FixtureRequest) -> SteppingRunner:
    make: Make = FACES[request.param]
    return make()


def test_no_face_is_without_a_view() -> None:
    faces = {type(make().state().face) for make in FACES.values()}
    assert faces == set(get_args(Face))
    views = {type(shown(make()).face) for make in FACES.values()}
    assert views == set(get_args(FaceView))


def test_every_face_has_a_heading_and_all_its_figures(runner: SteppingRunner) -> None:
    page = shown(runner)
    assert page.face.heading
    assert page.title.startswith(page.face.heading)
    said = list(texts(page))
    assert not [text for text in said if "{" in text or "…" in text or "None" in text]
    assert not [text for text in said if re.search(r"请|您好|无效|操作|！", text)]


def test_no_face_shows_a_whole_name_a_code_or_a_hash(runner: SteppingRunner) -> None:
    said = " ".join(texts(shown(runner)))
    assert CLERK not in said
    for number in (7, 8, 131):
        assert token_of(number)[3:] not in said
    assert "4187" not in said
    assert not re.search(r"[0-9a-f]{16}|\d{12,}", said)


def test_the_clerk_is_named_by_surname_alone() -> None:
    assert shown(at_rest()).top.clerk == "周** 值班"
    assert [masked(name) for name in ("上官云", "周玉兰", "周**", "", "李")] == ["上官**", "周**", "周**", "", "李**"]


# ── at rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_kiosk_without_a_number_says_how_to_get_one() -> None:
    said = list(texts(shown(FACES["not-enrolled"]())))
    assert "merit-kiosk enrol 装机码" in said


def test_a_payment_code_is_told_in_words_with_what_to_do() -> None:
    face = shown(FACES["idle-payment-code"]()).face
    assert isinstance(face, IdleView)
    assert face.told is not None
    assert face.told.fact == "扫到的是付款码，没有记下来，也没有扣钱"
    assert face.told.next_step == "换积分卡再扫"
    assert face.heading == "扫一下积分卡"


def test_an_unreadable_card_names_the_telephone() -> None:
    face = shown(FACES["idle-unreadable"]()).face
    assert isinstance(face, IdleView)
    assert face.told is not None
    assert "打 555 0123" in face.told.next_step


def test_without_a_telephone_the_village_is_named_instead() -> None:
    till = at_rest().state()
    assert till.book is not None
    mute = till.book.snapshot.model_copy(
        update={"village": till.book.snapshot.village.model_copy(update={"phone": ""})}
    )
    told = speech_of(replace(till, book=replace(till.book, snapshot=mute))).told(Refusal(RefusalCode.CARD_UNKNOWN))
    assert told.next_step.endswith("打 村务电话")


@pytest.mark.parametrize(
    ("stock", "fact", "next_step"),
    [(0, "卫生纸 卖完了", "换一样"), (2, "卫生纸 账上还有 2 件", "换一样，或少拿几件")],
)
def test_goods_that_are_gone_are_sold_out_and_not_nought_pieces(stock: int, fact: str, next_step: str) -> None:
    told = speech_of(at_rest().state()).told(Refusal(RefusalCode.GOODS_SOLD_OUT, {"good": "卫生纸", "stock": stock}))
    assert (told.fact, told.next_step) == (fact, next_step)


def test_what_is_only_kept_is_not_called_used() -> None:
    face = shown(FACES["cart-ordering"]()).face
    assert isinstance(face, CartView)
    assert [line.label for line in face.sums] == ["先留着", "留完还剩"]


def test_a_line_ends_after_a_comma_and_not_between_a_figure_and_its_word() -> None:
    assert " " not in whole("还不行，打 555 0123 换 2 张")
    assert whole("merit-kiosk enrol 装机码") == "merit-kiosk enrol 装机码"


@pytest.mark.parametrize("note", list(Note))
def test_every_note_can_be_told(note: Note) -> None:
    assert speech_of(at_rest().state()).told(note).fact


def test_a_kiosk_that_was_stopped_asks_for_no_card() -> None:
    for name in ("idle-revoked", "idle-forked"):
        face = shown(FACES[name]()).face
        assert isinstance(face, IdleView)
        assert not face.serves
        assert face.heading == "这台机先停用"
        assert face.told is not None
        assert face.told.tone == "stop"


# ── the household and its cart ──────────────────────────────────────────────────────────────────────────────────────


def test_a_household_sees_its_balance_and_what_is_on_notice() -> None:
    face = shown(FACES["household"]()).face
    assert isinstance(face, HouseholdView)
    assert (face.number, face.heading, face.group) == ("0007", "朱**户", "1组")
    assert (face.balance.label, face.balance.number) == ("现在有积分", "86")
    assert [(row.label, row.number, row.after) for row in face.rows] == [
        ("这次能用", "86", "分"),
        ("公示中", "5", "分，公示到 11月27日"),
    ]
    assert face.choose is not None


def test_without_a_line_the_balance_says_as_of_when_and_what_may_be_used() -> None:
    face = shown(FACES["household-offline"]()).face
    assert isinstance(face, HouseholdView)
    assert face.balance.label == "断网前有积分（9:52 的账）"
    assert (face.rows[0].label, face.rows[0].number) == ("断网时能用", "30")


def test_a_balance_of_yesterday_names_the_day() -> None:
    runner = FACES["household-offline"]()
    face = page_of(runner.state(), NOW + timedelta(days=1), DAY).face
    assert isinstance(face, HouseholdView)
    assert face.balance.label == "断网前有积分（11月25日 9:52 的账）"


def test_after_a_sale_without_a_line_the_balance_is_the_machines_own() -> None:
    runner = FACES["done-offline"]()
    runner.tap(Action.LEAVE)
    runner.scan_card(7)
    face = shown(runner).face
    assert isinstance(face, HouseholdView)
    assert (face.balance.label, face.balance.number) == ("机上算得，以入账为准", "76")


def test_a_household_that_owes_is_told_before_it_chooses() -> None:
    face = shown(FACES["household-blocked"]()).face
    assert isinstance(face, HouseholdView)
    assert face.choose is None
    assert face.told is not None
    assert face.told.fact == "记多了 12 分，还没补齐，先不兑"


def test_the_cart_shows_total_and_what_is_left() -> None:
    page = shown(choosing())
    assert isinstance(page.face, CartView)
    assert [(sum_.label, sum_.number) for sum_ in page.face.sums] == [("这次用", "10"), ("用完还剩", "76")]
    assert [line.line.name for line in page.face.lines] == ["酱油", "香皂"]
    assert page.face.tiles[0].held == "1 瓶"
    assert page.top.held == "现有 86 分"


def test_the_last_piece_is_taken_away_by_a_word_not_by_a_minus() -> None:
    face = shown(choosing(ONLINE, SOY, SOY, SOAP)).face
    assert isinstance(face, CartView)
    two, one = face.lines
    assert (two.fewer.label, two.fewer.action, two.fewer.spoken) == ("−", Action.LESS, "酱油少一瓶")
    assert (one.fewer.label, one.fewer.action) == ("去掉", Action.REMOVE)


def test_a_cart_that_is_too_dear_says_how_much_is_missing() -> None:
    face = shown(FACES["cart-short"]()).face
    assert isinstance(face, CartView)
    assert (face.sums[-1].label, face.sums[-1].number) == ("积分不够，还差", "4")


def test_a_cart_over_todays_most_says_the_most() -> None:
    face = shown(choosing(OFFLINE, OIL)).face
    assert isinstance(face, CartView)
    assert (face.sums[0].label, face.sums[0].number) == ("这次用（最多 30 分）", "85")


def test_goods_that_are_gone_say_so() -> None:
    face = shown(choosing()).face
    assert isinstance(face, CartView)
    assert [tile.name for tile in face.tiles if tile.sold_out] == ["卫生纸"]


def test_the_pager_asks_for_as_many_tiles_as_the_screen_shows() -> None:
    face = shown(choosing()).face
    assert isinstance(face, CartView)
    small, large = face.pagers
    assert (small.back, large.back) == (None, None)
    assert small.on is not None
    assert large.on is not None
    assert (small.on.arg, large.on.arg) == ("8", "12")
    last = shown(FACES["cart-last-page"]()).face
    assert isinstance(last, CartView)
    assert last.pagers[1].on is None
    assert last.pagers[1].back is not None
    assert len(last.tiles) == len(GOODS) - 12


def test_amounts_are_written_in_the_villages_unit() -> None:
    face = shown(choosing(snapshot=village(1))).face
    assert isinstance(face, CartView)
    assert [sum_.number for sum_ in face.sums] == ["10", "76"]
    assert speech_of(choosing(snapshot=village(1)).state()).points(15) == "1.5 分"


# ── the question, the sale, the paper ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("confirm", "兑这 2 样，用 10 分"),
        ("confirm-offline", "断网，先记机上，换 2 样，用 10 分"),
        ("confirm-catching-up", "先记机上，换 2 样，用 10 分"),
    ],
)
def test_the_confirm_button_says_what_will_happen_and_where_it_is_kept(name: str, label: str) -> None:
    face = shown(FACES[name]()).face
    assert isinstance(face, ConfirmView)
    assert face.confirm.label == label
    assert [sum_.number for sum_ in face.sums] == ["86", "−10", "76"]


def test_without_an_answer_there_are_two_equal_ways() -> None:
    face = shown(FACES["hand-over"]()).face
    assert isinstance(face, HandOverView)
    assert face.heading == "村里没有回话。要东西现在拿走吗？"
    assert [answer.action for answer in face.answers] == [Action.HAND_OVER, Action.CALL_OFF]


def test_goods_over_the_offline_limit_are_not_offered() -> None:
    face = shown(FACES["hand-over-barred"]()).face
    assert isinstance(face, HandOverView)
    assert [answer.action for answer in face.answers] == [Action.CALL_OFF]
    assert "没网时一户一天最多 5 分，已兑 0 分。" in face.say


def test_after_a_power_cut_the_question_is_about_what_happened() -> None:
    face = shown(FACES["hand-over-power-cut"]()).face
    assert isinstance(face, HandOverView)
    assert face.heading == "东西拿走了吗？"


@pytest.mark.parametrize(
    ("name", "again", "hint"),
    [
        ("paper", "没打出来，补打一张", "补打的小票上印“补打 第1次”，不会再扣分。"),
        ("paper-never-printed", "没有，打一张", "打一张不会再扣分。"),
    ],
)
def test_the_next_copy_says_its_number(name: str, again: str, hint: str) -> None:
    face = shown(FACES[name]()).face
    assert isinstance(face, PaperView)
    assert (face.answers[1].label, face.hint) == (again, hint)


def test_a_printer_without_paper_is_said_once_at_large() -> None:
    page = shown(FACES["paper-no-paper"]())
    assert isinstance(page.face, PaperView)
    assert page.face.say[0] == "没纸了。换纸，盖好，再点补打。"
    assert "没纸了" not in [bar.fact for bar in page.bars]


@pytest.mark.parametrize(
    ("name", "label", "heading"),
    [
        ("done", "用完还剩", "好了。拿好东西和小票"),
        ("done-offline", "机上剩余，以入账为准", "好了。拿好东西和小票"),
        ("done-without-paper", "用完还剩", "好了。拿好东西"),
    ],
)
def test_the_end_says_what_is_left_and_whose_figure_it_is(name: str, label: str, heading: str) -> None:
    face = shown(FACES[name]()).face
    assert isinstance(face, DoneView)
    assert (face.heading, face.after.label, face.after.number) == (heading, label, "76")
    assert face.hint == "10 秒后自己收起来。"


def test_a_refusal_says_the_gap_and_what_is_left_without_each_line() -> None:
    face = shown(FACES["refused"]()).face
    assert isinstance(face, RefusedView)
    assert face.heading == "积分不够，还差 4 分"
    assert face.say == ("这些要 90 分，账上有 86 分。", "少拿一样。还没扣分。")
    assert [line.remove.label for line in face.lines if line.remove] == ["拿掉，只要 5 分", "拿掉，只要 85 分"]


def test_fewer_goods_are_no_way_out_of_a_full_disk() -> None:
    face = shown(FACES["refused-disk"]()).face
    assert isinstance(face, RefusedView)
    assert [line.remove for line in face.lines] == [None, None]


def test_the_void_button_says_which_sale_and_how_much_comes_back() -> None:
    face = shown(FACES["void"]()).face
    assert isinstance(face, AskView)
    assert face.confirm is not None
    assert (face.confirm.label, face.confirm.action) == ("作废 1-000486，退 10 分", Action.VOID)
    face = shown(FACES["void-supervisor"]()).face
    assert isinstance(face, AskView)
    assert face.confirm is not None
    assert face.confirm.action is Action.SUPERVISOR


def test_a_sale_of_another_day_is_listed_with_its_day() -> None:
    face = shown(FACES["sales-older"]()).face
    assert isinstance(face, PickView)
    assert face.choices[0].title == "1-000482　朱**户 0007"
    assert face.choices[0].detail == "11月24日 22:18　酱油 1 瓶、香皂 1 块"
    assert (face.newer is not None, face.older is not None) == (True, False)


def test_what_is_missing_is_offered_in_cash_in_figures() -> None:
    face = shown(FACES["refused-cash"]()).face
    assert isinstance(face, RefusedView)
    assert [way.label for way in face.ways] == ["用 86 分，再收现金 4 元"]


def test_the_pad_shows_how_many_figures_of_a_pin_and_never_which() -> None:
    face = shown(FACES["pin-pad"]()).face
    assert isinstance(face, PadView)
    assert (face.cells, face.status) == (("●",) * 3, "已输 3 位")
    face = shown(FACES["number-pad"]()).face
    assert isinstance(face, PadView)
    assert face.bar is not None
    assert (face.cells, face.bar.next_step) == (("0", "0", "0"), "要旁边一个人作证，最多用 10 分。")


@pytest.mark.parametrize(
    ("name", "four"),
    [("day-done", "封账四词：孙女　湖面　蒸饭　谷仓。"), ("day-done-offline", "没有网，这张单子上没有封账四词。")],
)
def test_the_end_of_a_day_has_its_four_words_or_says_why_not(name: str, four: str) -> None:
    face = shown(FACES[name]()).face
    assert isinstance(face, DoneView)
    assert (face.say[0], face.after.number) == (four, "259")


# ── bars, banner, night ─────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_line_the_bar_counts_what_is_unsent_and_names_the_limit() -> None:
    (bar,) = shown(at_rest(OFFLINE)).bars
    assert (bar.fact, bar.next_step) == ("断网了，照常换", "3 笔没传 · 每户今天最多 30 分")


def test_days_without_a_line_are_not_called_as_usual() -> None:
    (bar,) = page_of(at_rest(OFFLINE).state(), NOW + timedelta(days=8), DAY).bars
    assert (bar.fact, bar.tone) == ("8 天没联网，按规定先停兑", "stop")


def test_a_kiosk_that_gave_out_all_it_may_is_not_called_as_usual() -> None:
    runner = choosing(OFFLINE, snapshot=village(offline_kiosk_total=10))
    for action in (Action.REVIEW, Action.CONFIRM):
        runner.tap(action)
    assert shown(runner).bars[0].fact == "没网时这台机共兑 10 分，到顶了"


def test_a_line_that_is_back_says_what_it_still_sends() -> None:
    assert [bar.fact for bar in shown(at_rest(Line(LineStatus.CATCHING_UP, 3))).bars] == ["有网了，正在传 3 笔，照常办"]


def test_each_trouble_has_its_bar_and_the_clock_is_not_shown_while_it_is_not_trusted() -> None:
    page = shown(FACES["idle-everything-wrong"]())
    assert [bar.fact for bar in page.bars] == ["没纸了", "找不到扫码器", "断网了，照常换", "时钟没对准，小票会写明"]
    assert page.top.time == ""
    assert shown(at_rest()).top.time == "11月25日 周三 10:18"


def test_a_printer_that_is_well_again_has_no_bar() -> None:
    runner = at_rest()
    runner.submit(DeviceTrouble(Part.PRINTER, FaultCode.PRINTER_LOST))
    assert shown(runner).bars
    runner.submit(DeviceTrouble(Part.PRINTER, None))
    assert not shown(runner).bars


def test_the_demo_says_that_nothing_counts(runner: SteppingRunner) -> None:
    assert shown(runner, ScreenSettings(demo=True)).demo == "演示机：东西不算数，不能真兑"
    assert shown(runner).demo == ""


@pytest.mark.parametrize(("start", "end", "dark"), [(18, 6, False), (9, 12, True), (22, 11, True), (0, 0, False)])
def test_the_screen_is_dark_at_night_on_the_villages_clock(start: int, end: int, dark: bool) -> None:
    assert shown(at_rest(), ScreenSettings(night_from=start, night_until=end)).night is dark


def test_a_customer_who_left_is_no_longer_named() -> None:
    runner = at_rest()
    runner.scan_card(7)
    runner.ms = 61_000
    runner.submit(Tick())
    assert "朱**" not in " ".join(texts(shown(runner)))


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "kind", "picture"),
    [
        ("酱油", "调味", "bottle"), ("玉米油 5L", "粮油", "oil"), ("大米 5kg", "粮油", "sack"), ("无名货", "粮油", "sack"),
        ("无名货", "", "parcel"), ("无名货", "umbrella", "umbrella"), ("洗衣粉", "日用", "bag"),
    ],
)  # fmt: skip
def test_goods_are_drawn_by_name_then_by_kind(name: str, kind: str, picture: str) -> None:
    assert picture_of(name, kind) == picture
    assert picture in DRAWINGS
