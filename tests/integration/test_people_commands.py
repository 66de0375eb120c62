"""``merit-ledger village``, ``user add``, ``import``, ``card`` at the console: what they say, write, and exit with."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.cli import cli
from ledger.people.memberships import own_households, roles_of, staff_with_role
from ledger.people.store import all_households, household_by_number
from ledger.scheme.store import latest
from ledger.shop.goods import all_goods
from ledger.staff.roles import Role
from ledger.staff.store import staff_by_login
from ledger.storage.database import Database
from ledger.villages.store import Village, all_villages, village_by_code
from schemas.tokens import Code, CodeKind, read_code

DATA = Path(__file__).parents[2] / "deploy" / "demo" / "data"
PASSWORD = "泥鳅针线花生豆花"


class Console:
    """A shell on the machine of the ledger."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.database, self.data_dir = database, data_dir

    def run(self, *arguments: str | Path, typed: str = "") -> Result:
        environ = {"MERIT_LEDGER_DATA_DIR": str(self.data_dir)}
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=typed, env=environ)

    def bring_in(self, kind: str, *more: str, file: Path | None = None) -> Result:
        return self.run("import", kind, file or DATA / "households.csv", "--village", "SQ", *more)


@pytest.fixture
def console(database: Database, village: Village, tmp_path: Path) -> Console:
    return Console(database, tmp_path / "data")


def test_a_village_is_added_once(console: Console) -> None:
    added = console.run(
        "village", "add", "LT", "柳塘村", "--phone", "555 0160", "--decimals", "1", "--limit-household-day", "12.5"
    )
    assert added.exit_code == 0, added.output
    assert "柳塘村（LT）添好了" in added.output
    found = console.database.read(lambda tx: village_by_code(tx, "LT"))
    assert found is not None
    assert (found.decimals, found.limit_household_day, found.offline_household_day, found.quorum) == (1, 125, 300, 2)
    again = console.run("village", "add", "LT", "别的村", "--phone", "1")
    assert again.exit_code == 2
    assert "村码 LT 已经有村用了" in again.output
    assert len(console.database.read(all_villages)) == 2


def test_a_village_that_is_written_wrong_is_told_everything_at_once(console: Console) -> None:
    wrong = console.run(
        "village", "add", "sq", "", "--phone", "", "--base", "http://example.cn", "--timezone", "Mars/Olympus", "--quorum", "0",
        "--offline-days", "99", "--limit-visit", "0",
    )  # fmt: skip
    assert wrong.exit_code == 2
    for words in (
        "村码是 2 到 12 个",
        "还没写村名",
        "还没写电话",
        "Mars/Olympus",
        "http 只能是本机",
        "同意人数",
        "离线天数",
        "一次最多兑",
    ):
        assert words in wrong.output
    assert console.run("village", "add", "LT", "柳塘村", "--phone", "1", "--limit-visit", "很多").exit_code == 2
    assert len(console.database.read(all_villages)) == 1


@pytest.mark.parametrize(
    "base", ["merit:", "https://jf.example.cn", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"]
)
def test_codes_may_point_to_the_kiosk_to_https_or_to_this_machine(console: Console, base: str) -> None:
    assert console.run("village", "add", "LT", "柳塘村", "--phone", "1", "--base", base).exit_code == 0


@pytest.mark.parametrize(
    "base",
    [
        "http://jf.example.cn",
        "https://",
        "ftp://x",
        "merit",
        "https://a b",
        "https://u:p@h",
        "https://h/?q",
        "http://127.0.0.1.evil.cn",
    ],
)
def test_codes_never_point_anywhere_else(console: Console, base: str) -> None:
    assert console.run("village", "add", "LT", "柳塘村", "--phone", "1", "--base", base).exit_code == 2


def test_households_are_looked_at_brought_in_and_brought_in_again(console: Console, village: Village) -> None:
    seen = console.bring_in("households", "--dry-run")
    assert seen.exit_code == 0
    assert "新的 220 户，已经有的 0 户，要改的 0 户" in seen.output
    assert "还没导" in seen.output
    assert console.database.read(lambda tx: all_households(tx, village.village_id)) == []
    assert "新的 220 户" in console.bring_in("households").output
    assert "新的 0 户，已经有的 220 户，要改的 0 户" in console.bring_in("households").output
    assert console.run("balance", "0007", "--village", "SQ").output.strip().endswith("60")


def test_a_list_with_faults_exits_2_and_names_each(console: Console, village: Village, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(
        (DATA / "households.csv").read_bytes().replace("武环兴,第1网格,1组,5,".encode(), ",第1网格,1组,五,".encode())
    )
    for more in ((), ("--dry-run",)):
        told = console.bring_in("households", *more, file=bad)
        assert told.exit_code == 2
        assert "第 2 行“人口”写的是“五”，写成数字 5" in told.output
        assert "第 2 行还没写“户主”" in told.output
    assert console.database.read(lambda tx: all_households(tx, village.village_id)) == []


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig"])
def test_lists_as_a_spreadsheet_saves_them_come_in_whole(console: Console, tmp_path: Path, encoding: str) -> None:
    for kind, counted in (("households", "新的 20 户"), ("goods", "新的 16 样")):
        lines = (DATA / f"{kind}.csv").read_text("utf-8").splitlines()[:21]
        (tmp_path / "list.csv").write_bytes("\r\n".join(lines).encode(encoding))
        done = console.bring_in(kind, file=tmp_path / "list.csv")
        assert (done.exit_code, counted in done.output) == (0, True), done.output
    assert console.run("balance", "0007", "--village", "SQ").output == "0007\t60\n"


@pytest.mark.parametrize(("kind", "column"), [("households", "户主"), ("goods", "品名")])
def test_a_list_without_one_of_its_columns_names_it(
    console: Console, village: Village, tmp_path: Path, kind: str, column: str
) -> None:
    text = (DATA / f"{kind}.csv").read_text("utf-8")
    (tmp_path / "list.csv").write_text(text.replace(f"{column},", "", 1), "utf-8")
    done = console.bring_in(kind, file=tmp_path / "list.csv")
    assert done.exit_code == 2
    assert f"表头里没有“{column}”这一列" in done.output
    assert "没有办，共 1 处要改。" in done.output
    assert console.database.read(lambda tx: all_households(tx, village.village_id)) == []
    assert console.database.read(lambda tx: all_goods(tx, village.village_id)) == []


def test_a_rule_book_with_two_items_of_one_code_is_not_adopted(
    console: Console, village: Village, tmp_path: Path
) -> None:
    two = tmp_path / "two.json"
    two.write_bytes((DATA / "rulebook.json").read_bytes().replace(b'"VO02"', b'"VO01"'))
    for more in (("--dry-run",), ()):
        done = console.bring_in("rulebook", *more, file=two)
        assert (done.exit_code, "有两项都叫 VO01，改一个" in done.output) == (2, True)
    assert console.database.read(lambda tx: latest(tx, village.village_id)) is None


@pytest.mark.parametrize("junk", ["A" * 10_240, "9" * 10_240, "99999999999999999999"])
def test_ten_kilobytes_for_a_code_are_a_calm_no(console: Console, tmp_path: Path, junk: str) -> None:
    for words in (
        ("balance", junk), ("card", "revoke", junk), ("card", "print", "--household", junk, "--out", tmp_path / "cards.json"),
        ("review", junk, "--by", "zhou"), ("review", "1", "--by", junk), ("prove", junk), ("verify", "--against", junk),
    ):  # fmt: skip
        done = console.run(*words, "--village", "SQ")
        assert (words[:2], done.exit_code in (1, 2)) == (words[:2], True), done.output[:300]
    assert console.run("balance", "--village", junk).exit_code == 2
    assert not (tmp_path / "cards.json").exists()


def test_an_unknown_village_is_told(console: Console) -> None:
    told = console.run("import", "households", DATA / "households.csv", "--village", "XX")
    assert told.exit_code == 2
    assert "没有村码是 XX 的村" in told.output


def test_a_rule_book_is_adopted_from_a_day_and_never_twice(console: Console, village: Village) -> None:
    assert "第 1 版，6 类 16 项" in console.bring_in("rulebook", "--dry-run", file=DATA / "rulebook.json").output
    done = console.bring_in("rulebook", "--from", "2026-11-01", file=DATA / "rulebook.json")
    assert done.exit_code == 0, done.output
    assert "第 1 版从 2026-11-01 起用" in done.output
    assert "和第 1 版一样，没有换" in console.bring_in("rulebook", file=DATA / "rulebook.json").output
    book = console.database.read(lambda tx: latest(tx, village.village_id))
    assert book is not None
    assert (book.version, str(book.in_force_from)) == (1, "2026-11-01")
    item = book.item("HY01")
    assert item is not None
    assert (item.area_name, item.points, item.caps) == ("环境卫生", 10, {"times_per_household_month": 1})


def test_a_later_version_never_begins_before_the_one_it_follows(console: Console, tmp_path: Path) -> None:
    console.bring_in("rulebook", "--from", "2026-11-10", file=DATA / "rulebook.json")
    other = tmp_path / "other.json"
    other.write_bytes((DATA / "rulebook.json").read_bytes().replace("义务劳动".encode(), "出工".encode()))
    told = console.bring_in("rulebook", "--from", "2026-11-09", file=other)
    assert told.exit_code == 2
    assert "新的一版不能早于那天" in told.output
    assert "第 2 版从 2026-11-10 起用" in console.bring_in("rulebook", "--from", "2026-11-10", file=other).output


def test_an_account_gets_roles_and_its_own_household(console: Console, village: Village) -> None:
    console.bring_in("households")
    done = console.run(
        "user", "add", "zhou", "周玉兰", "--village", "SQ", "--role", "reviewer", "--role", "recorder", "--own-household", "0007",
        "--password-stdin", typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "周玉兰（zhou）开好了：记录员、复核员。" in done.output
    member = console.database.read(lambda tx: staff_by_login(tx, "zhou"))
    own = console.database.read(lambda tx: household_by_number(tx, village.village_id, "0007"))
    assert member is not None
    assert own is not None
    assert console.database.read(lambda tx: roles_of(tx, village.village_id, member.staff_id)) == {
        Role.REVIEWER,
        Role.RECORDER,
    }
    assert console.database.read(lambda tx: own_households(tx, village.village_id, member.staff_id)) == {
        own.household_id
    }
    assert console.database.read(lambda tx: staff_with_role(tx, village.village_id, Role.REVIEWER)) == [member]
    assert console.database.read(lambda tx: staff_with_role(tx, village.village_id, Role.SUPERVISOR)) == []


@pytest.mark.parametrize(
    ("more", "typed"),
    [((), "short\n"), (("--own-household", "7777"), f"{PASSWORD}\n"), (("--role", "king"), f"{PASSWORD}\n")],
)
def test_an_account_that_is_written_wrong_is_not_opened(console: Console, more: tuple[str, ...], typed: str) -> None:
    wrong = ("user", "add", "zhou", "周玉兰", "--village", "SQ", "--role", "reviewer", "--password-stdin", *more)
    assert console.run(*wrong, typed=typed).exit_code == 2
    assert console.database.read(lambda tx: staff_by_login(tx, "zhou")) is None


def test_cards_go_to_a_file_that_only_the_owner_reads(console: Console, tmp_path: Path) -> None:
    console.bring_in("households")
    out = tmp_path / "cards.json"
    done = console.run("card", "print", "--village", "SQ", "--household", "0007", "--household", "0008", "--out", out)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    cards = json.loads(out.read_text("utf-8"))
    assert [card["household"] for card in cards] == ["0007", "0008"]
    code = read_code(cards[0]["code"])
    assert isinstance(code, Code)
    assert (code.kind, code.village) == (CodeKind.CARD, "SQ")
    assert code.token not in done.output
    again = console.run("card", "print", "--village", "SQ", "--household", "0009", "--out", out)
    assert again.exit_code == 2
    assert "换一个名字" in again.output
    assert json.loads(out.read_text("utf-8")) == cards


def test_all_prints_for_those_without_a_card(console: Console, tmp_path: Path) -> None:
    console.bring_in("households")
    console.run("card", "print", "--village", "SQ", "--household", "0007", "--out", tmp_path / "one.json")
    done = console.run("card", "print", "--village", "SQ", "--all", "--out", tmp_path / "all.json")
    assert "印了 219 张" in done.output


def test_an_unknown_household_gets_no_card_and_leaves_no_file(console: Console, tmp_path: Path) -> None:
    out = tmp_path / "cards.json"
    told = console.run("card", "print", "--village", "SQ", "--household", "7777", "--household", "8888", "--out", out)
    assert told.exit_code == 2
    assert "7777" in told.output
    assert "8888" in told.output
    assert not out.exists()
    assert console.run("card", "print", "--village", "SQ", "--out", out).exit_code == 2
    assert console.run("card", "print", "--village", "SQ", "--all", "--household", "1", "--out", out).exit_code == 2


def test_a_lost_card_is_stopped_by_its_number(console: Console, tmp_path: Path) -> None:
    console.bring_in("households")
    console.run("card", "print", "--village", "SQ", "--household", "0007", "--out", tmp_path / "cards.json")
    number = json.loads((tmp_path / "cards.json").read_text("utf-8"))[0]["number"]
    done = console.run("card", "revoke", f"{number[:3]} {number[3:]}", "--village", "SQ")
    assert (done.exit_code, done.output.strip()) == (0, f"{number} 这张卡停用了。")
    assert console.run("card", "revoke", number, "--village", "SQ").exit_code == 0
    unknown = console.run("card", "revoke", "000000", "--village", "SQ")
    assert unknown.exit_code == 2
    assert "没有卡号是 000000 的卡" in unknown.output
