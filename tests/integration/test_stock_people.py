"""Who gave goods and who counted with whom, from the counter's own entries to the office's stock page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.counter.deals import Filed, Stock, StockLine
from kiosk.counter.drafts import beside_of, entry_of
from kiosk.counter.effects import FiledDraft
from kiosk.counter.events import CHANCE_BYTES, Moment
from ledger.app import create_app
from ledger.config import LedgerSettings
from ledger.people.memberships import grant_role
from ledger.staff.roles import Role
from ledger.staff.store import add_staff
from ledger.staff.tables import staff_audit
from ledger.storage.database import Database
from ledger.villages.store import Village
from ledger.web.services import Services
from schemas.entries import entry_bytes
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import BOOT, KioskPen
from tests.fakes.office_door import PASSWORD, post_form, sign_in
from tests.fakes.shop_scene import DISH, RICE, SOAP, Scene
from tests.fakes.whole_snapshot import whole_snapshot

NUMBER = "1-000001"


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    scene = Scene(database, village, clock).furnish()
    people = (
        ("zhou", "周玉兰", Role.SHOPKEEPER),
        ("chen", "陈建国", Role.VILLAGE_ADMIN),
        ("li", "李秀文", Role.RECORDER),
    )
    for login, name, role in people:
        member = database.write(lambda tx: add_staff(tx, login, name, PASSWORD, clock.now()))  # noqa: B023 - at once
        database.write(lambda tx: grant_role(tx, village.village_id, member.staff_id, role))  # noqa: B023
    return scene


@pytest.fixture
def app(scene: Scene, tmp_path: Path) -> Flask:
    settings = LedgerSettings(data_dir=tmp_path)
    return create_app(Services(scene.database, scene.clock, settings, wall=scene.clock))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """陈建国, the village's admin."""
    return signed_in(app, "chen")


def signed_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, login)
    return client


def at_the_counter(scene: Scene, pen: KioskPen, *papers: Stock) -> None:
    """These papers filed at the kiosk, one after the other, and sent."""
    for number, stock in enumerate(papers, start=len(pen.journal) + 1):
        wall = scene.clock.now()
        filed = Filed(UUID(int=7_000 + number), pen.kiosk, "zhou", wall, True, stock)
        moment = Moment(wall, number * 1000, BOOT, True, (UUID(int=1), UUID(int=2)), bytes(CHANCE_BYTES))
        draft = FiledDraft(filed)
        pen.write_text(entry_bytes(entry_of(draft, number, moment, "zhou")).decode())
        if names := beside_of(draft):
            pen.beside(number, **names)
    scene.send(pen)


def came(barcode: str, quantity: int, until: date | None = None) -> StockLine:
    return StockLine(barcode, "", "", 0, quantity, 1_000, best_before=until)


def stock_page(client: FlaskClient) -> str:
    page = client.get("/office/SQ/stock").text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index('<main id="main">') :]))


def offered(scene: Scene) -> list[str]:
    """The donors that a counter offers next time."""
    now = scene.clock.now()
    return scene.database.read(lambda tx: whole_snapshot(tx, scene.village, now)).donors


def test_a_new_donor_is_entered_from_the_paper_and_offered_at_the_counter_next_time(
    client: FlaskClient, scene: Scene
) -> None:
    pen = scene.enrolled()
    at_the_counter(scene, pen, Stock("donated", (came(SOAP, 50),)))
    assert f"入库 {NUMBER}" in (page := stock_page(client))
    assert "还没写谁捐的" in page
    assert offered(scene) == []

    form = f"/office/SQ/stock/{NUMBER}/donor"
    assert "香皂 50 块" in client.get(form).text
    for _ in range(2):
        assert post_form(client, form, form, donor="  山泉　毛巾厂 ").headers["Location"] == "/office/SQ/stock"
    assert "山泉 毛巾厂 捐的" in stock_page(client)
    post_form(client, form, form, donor="山泉毛巾厂")
    assert stock_page(client).count("山泉毛巾厂 捐的") == 2, "among the papers, and among what was given"
    assert offered(scene) == ["山泉毛巾厂"]

    at_the_counter(scene, pen, Stock("donated", (came(DISH, 5),), donor="山泉毛巾厂", salt=bytes(16).hex()))
    assert stock_page(client).count("山泉毛巾厂 捐的") == 4
    assert offered(scene) == ["山泉毛巾厂"]
    audited = scene.database.read(
        lambda tx: tx.execute(staff_audit.select().where(staff_audit.c.action == "donor_named")).all()
    )
    assert len(audited) == 3
    assert "山泉" not in str(audited), "a name that may be erased is not in the audit trail"


@pytest.mark.parametrize(
    ("typed", "told"), [("", "还没写谁捐的"), ("　 ", "还没写谁捐的"), ("好" * 21, "最多 20 个字，现在 21 个")]
)
def test_a_name_that_is_none_comes_back_as_it_was_typed(app: Flask, scene: Scene, typed: str, told: str) -> None:
    at_the_counter(scene, scene.enrolled(), Stock("donated", (came(SOAP, 50),)))
    client = signed_in(app, "zhou")
    form = f"/office/SQ/stock/{NUMBER}/donor"
    answer = post_form(client, form, form, donor=typed)
    assert (answer.status_code, told in answer.text, f'value="{typed}"' in answer.text) == (400, True, True)
    assert "还没写谁捐的" in stock_page(client)


def test_only_gifts_have_a_donor_and_only_some_may_write_one(app: Flask, scene: Scene) -> None:
    at_the_counter(scene, scene.enrolled(), Stock("bought", (came(SOAP, 50),)), Stock("donated", (came(SOAP, 5),)))
    client = signed_in(app, "chen")
    assert client.get(f"/office/SQ/stock/{NUMBER}/donor").status_code == 404
    assert client.get("/office/SQ/stock/9-000001/donor").status_code == 404
    assert "写上谁捐的" in stock_page(client)
    recorder = signed_in(app, "li")
    assert recorder.get("/office/SQ/stock/1-000002/donor").status_code == 403
    assert "写上谁捐的" not in stock_page(recorder)


def test_a_day_typed_at_the_counter_is_on_the_list_of_what_goes_first_there_and_here(
    client: FlaskClient, scene: Scene
) -> None:
    today = scene.village.today(scene.clock.now())
    soon, late = today + timedelta(days=9), date(today.year + 2, 6, 30)
    at_the_counter(scene, scene.enrolled(), Stock("bought", (came(SOAP, 50, late), came(RICE, 20, soon))))
    page = stock_page(client)
    assert f"大米 5kg {soon} 还有 9 天 20 袋 香皂 {late} 50 块" in page
    assert f"大米 5kg 20 袋，保质到 {soon}" in page
    now = scene.clock.now()
    goods = scene.database.read(lambda tx: whole_snapshot(tx, scene.village, now)).goods
    assert {good.barcode: good.best_before for good in goods if good.best_before} == {SOAP: late, RICE: soon}


def test_the_office_sees_who_counted_with_whom_and_who_was_alone(client: FlaskClient, scene: Scene) -> None:
    short = StockLine(DISH, "", "", 30, 29, reason="broken")
    gone = StockLine(RICE, "", "", 60, 2, reason="damp")
    at_the_counter(
        scene,
        scene.enrolled(),
        Stock("counted", (short,), second="chen"),
        Stock("written_off", (gone,)),
        Stock("counted", (StockLine(SOAP, "", "", 40, 40),)),
        Stock("written_off", (gone,), second="nobody"),
        Stock("written_off", (gone,), second="zhou"),
    )
    page = stock_page(client)
    assert "洗洁精 账上 30、实点 29，差 −1，破损 周玉兰、陈建国 两人办的" in page
    assert page.count("周玉兰 一人办的，看单子上的签字") == 3, "a name that may not act here, and one's own, are nobody"
    assert "香皂 账上 40、实点 40，对上 周玉兰 办的" in page
