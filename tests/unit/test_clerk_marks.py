"""经手: who served stands on screen and paper by a short mark, never by a login and never by the whole name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.counter.deals import Deal, Filed, Stock, StockLine, Voiding, Way
from kiosk.counter.events import Action
from kiosk.counter.names import UNKNOWN, mark_of
from kiosk.counter.occasion import Occasion
from kiosk.counter.slip import slip_of
from kiosk.receipts.every import rows_of
from kiosk.receipts.values import PAPER_58, Text
from kiosk.screen.faces import PickView
from kiosk.screen.values import ScreenSettings
from kiosk.screen.view import page_of
from schemas.kiosk_api import SnapshotClerk
from tests.fakes.counter_village import NOW, SOY, village
from tests.fakes.stepping_runner import at_rest
from tests.fakes.work_faces import past_sales


def clerks(**names: str) -> list[SnapshotClerk]:
    return [SnapshotClerk(login=login, name=name) for login, name in names.items()]


@pytest.mark.parametrize(
    ("names", "marks"),
    [
        ({"zhou": "周玉兰", "wang": "王秀英"}, ["周**", "王**"]),
        ({"zhou": "周玉兰", "zhou2": "周国强"}, ["周*兰", "周*强"]),
        ({"zhou": "周玉兰", "zhou2": "周桂兰", "li": "李文"}, ["周*兰1", "周*兰2", "李**"]),
        ({"ouyang": "欧阳春", "ou": "欧文"}, ["欧阳**", "欧**"]),
        ({"nobody": " "}, [UNKNOWN]),
    ],
)
def test_a_mark_is_short_and_nobody_elses(names: dict[str, str], marks: list[str]) -> None:
    register = clerks(**names)
    assert [mark_of(login, register) for login in names] == marks


def test_who_left_the_register_is_found_in_the_ledger() -> None:
    assert mark_of("gone", clerks(zhou="周玉兰")) == UNKNOWN


def papers() -> dict[str, Deal]:
    """One of every paper that somebody answers for; 王秀英 and 梁国强 stood by."""
    sale = past_sales()[0]
    line = StockLine(SOY, "酱油", "瓶", 40, 3, reason="broken")
    filed = Filed(sale.id, 1, "zhou", NOW, True, Voiding(sale, "wrong_goods", "liang", 86, False), 487, "4be8 1f70")
    return {
        "sale": sale,
        "sale without a card": replace(sale, way=Way(without_card=True, second="wang")),
        "void": filed,
        "bought": replace(filed, what=Stock("bought", (replace(line, reason=None),))),
        "counted": replace(filed, what=Stock("counted", (line,))),
        "written off": replace(filed, what=Stock("written_off", (line,))),
    }


@pytest.mark.parametrize("name", papers())
def test_no_paper_names_a_login(name: str) -> None:
    snapshot = village()
    at = Occasion(snapshot.village, snapshot.limits, 0, NOW, clerks=tuple(snapshot.clerks))
    said = "\n".join(row.text for row in rows_of(slip_of(papers()[name], at), PAPER_58) if isinstance(row, Text))
    assert "经手 周**" in said
    assert not {login for login in ("zhou", "wang", "liang") if login in said}
    assert "周玉兰" not in said
    if name == "sale without a card":
        assert "王**" in said
    if name == "void":
        assert "监督 梁**" in said


def test_two_of_one_surname_can_be_told_apart_on_the_screen() -> None:
    snapshot = village()
    other = SnapshotClerk(login="wang2", name="王建国")
    runner = at_rest(snapshot=snapshot.model_copy(update={"clerks": [*snapshot.clerks, other]}))
    runner.tap(Action.CLERK)
    face = page_of(runner.state(), NOW, ScreenSettings()).face
    assert isinstance(face, PickView)
    assert [choice.title for choice in face.choices] == ["王*英", "王*国"]
