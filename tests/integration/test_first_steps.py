"""今天的事 in a village that has just been made: what it still lacks, to whoever can set it up, until it is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.people.cards import cards_of, report_lost
from ledger.scheme.rulebook_import import adopt_file
from ledger.staff.roles import Role
from ledger.storage.database import Database
from ledger.villages.store import Village
from tests.conftest import FixedClock
from tests.fakes.award_scene import rule_book
from tests.fakes.office import Office
from tests.fakes.shop_scene import Scene


@pytest.fixture
def new_village(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock)


def office(scene: Scene, folder: Path, role: Role) -> Office:
    return Office(scene.database, scene.clock, folder, scene.village, role)


def steps(office: Office) -> list[str]:
    page = office.get("").text
    return re.findall(r'<span class="row-main"><b>([^<]+)</b>', page[: page.index("村里的事")])


def adopt(scene: Scene) -> None:
    today = scene.village.today(scene.clock.now())
    scene.database.write(
        lambda tx: adopt_file(tx, scene.village, rule_book(), now=scene.clock.now(), by="staff:1", in_force_from=today)
    )


def test_a_new_village_is_told_what_to_set_up_until_it_is_there(new_village: Scene, tmp_path: Path) -> None:
    admin = office(new_village, tmp_path, Role.VILLAGE_ADMIN)
    assert steps(admin) == ["导入评分表", "导入户名册", "导入价目和库存", "登记柜台机"]
    adopt(new_village)
    assert steps(admin) == ["导入户名册", "导入价目和库存", "登记柜台机"]
    new_village.furnish()
    assert steps(admin) == []
    assert "现在没有等着办的" in admin.get("").text


def test_households_without_a_card_are_counted(new_village: Scene, tmp_path: Path) -> None:
    adopt(new_village)
    new_village.furnish()
    admin = office(new_village, tmp_path, Role.VILLAGE_ADMIN)
    household = new_village.household("0007").household_id
    village_id, now = new_village.village.village_id, new_village.clock.now()
    [card] = new_village.database.read(lambda tx: cards_of(tx, village_id, household))
    new_village.database.write(lambda tx: report_lost(tx, village_id, card.number, now))
    assert steps(admin) == ["印卡"]
    assert re.search(r"这些户还没有能用的卡.*?1<small>户</small>", admin.get("").text, re.DOTALL)


def test_nobody_else_is_bothered_with_it(new_village: Scene, tmp_path: Path) -> None:
    assert steps(office(new_village, tmp_path, Role.REVIEWER)) == []
