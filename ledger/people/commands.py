"""``merit-ledger user add``, ``card print`` and ``card revoke``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Connection

from ledger.people.cards import IssuedCard, households_without_card, issue_cards, report_lost
from ledger.people.memberships import grant_role, set_own_household
from ledger.people.pins import set_household_pin
from ledger.people.rules import half_width
from ledger.people.store import Household, all_households, household_by_number
from ledger.staff.commands import read_password, user
from ledger.staff.roles import Role, role_words
from ledger.staff.store import add_staff, audit
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext
from schemas.problems import BrokenContract, Fault
from schemas.tokens import CodeKind, code_text


@user.command("add")
@click.argument("login")
@click.argument("name")
@click.option("--village", "code", required=True, help="村码。")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="办什么事；可以写几次。",
)
@click.option("--own-household", metavar="户号", help="自己家的户号：自己家的事由别人复核。")
@click.option("--password-stdin", is_flag=True, help="密码从标准输入读一行。")
@click.pass_obj
def add_user(
    context: CommandContext,
    login: str,
    name: str,
    code: str,
    roles: tuple[str, ...],
    own_household: str | None,
    password_stdin: bool,
) -> None:
    """开一个账号。LOGIN 是登录用的（小写字母和数字），NAME 是大家叫的名字。

    密码在提示后面写两遍；不写在命令里，命令会留在历史记录中。
    """
    given = context.services
    typed = _first_line() if password_stdin else read_password()
    granted = [Role(role) for role in dict.fromkeys(roles)]
    now = given.wall.now()

    def work(tx: Connection) -> None:
        village = village_named(tx, code)
        own = _known_household(tx, village, own_household) if own_household else None
        member = add_staff(tx, login, name, typed, now, unwanted=[village.code, village.name])
        for role in granted:
            grant_role(tx, village.village_id, member.staff_id, role)
        if own is not None:
            set_own_household(tx, village.village_id, member.staff_id, own.household_id)
        audit(tx, None, village.village_id, "roles_granted", f"staff:{member.staff_id} {','.join(granted)}", now)

    given.database.write(work)
    click.echo(f"{name}（{login}）开好了：{role_words(tuple(granted))}。")


@click.group("card")
def card_group() -> None:
    """积分卡：印新卡，停用丢了的卡。"""


@card_group.command("print")
@click.option("--village", "code", required=True, help="村码。")
@click.option("--household", "numbers", multiple=True, metavar="户号", help="给哪一户；可以写几次。")
@click.option("--all", "everyone", is_flag=True, help="给所有还没有卡的户。")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="码写到这个新文件，只有自己能读。"
)
@click.pass_obj
def print_cards(context: CommandContext, code: str, numbers: tuple[str, ...], everyone: bool, out: Path) -> None:
    """印新卡，码写进 OUT（JSON）。码只在这个文件里有，库里不留；办完删掉它。

    旧卡还能用，到新卡第一次扫为止。
    """
    if bool(numbers) == everyone:
        raise click.UsageError("写 --household 户号，或写 --all，选一样")
    given = context.services

    def work(tx: Connection) -> tuple[Village, list[IssuedCard]]:
        village = village_named(tx, code)
        chosen = households_without_card(tx, village.village_id) if everyone else _named(tx, village, numbers)
        ids = [household.household_id for household in chosen]
        now = given.clock.now()
        issued = issue_cards(tx, village, ids, by="console", now=now, random_bytes=given.random_bytes)
        audit(tx, None, village.village_id, "cards_issued", f"{len(issued)} cards", given.wall.now())
        return village, issued

    with _new_private_file(out) as descriptor:
        village, issued = given.database.write(work)
        os.write(descriptor, _export(village, issued))
    click.echo(f"印了 {len(issued)} 张，码写在 {out}。")


@card_group.command("revoke")
@click.argument("number")
@click.option("--village", "code", required=True, help="村码。")
@click.pass_obj
def revoke(context: CommandContext, number: str, code: str) -> None:
    """停用一张卡（挂失）。NUMBER 是卡上的六位卡号。分一分不少，再印新卡就是。"""
    given = context.services
    wanted = half_width(number).replace(" ", "")

    def work(tx: Connection) -> None:
        village = village_named(tx, code)
        card = report_lost(tx, village.village_id, wanted, given.clock.now())
        if card is None:
            raise BrokenContract([Fault("number", f"{village.name}没有卡号是 {number} 的卡，照卡上的六位再看一眼")])
        audit(tx, None, village.village_id, "card_stopped", wanted, given.wall.now())

    given.database.write(work)
    click.echo(f"{wanted} 这张卡停用了。")


@click.command("household-pin")
@click.argument("number")
@click.option("--village", "code", required=True, help="村码。")
@click.pass_obj
def household_pin(context: CommandContext, number: str, code: str) -> None:
    """给户号 NUMBER 设密码：4 到 6 位数字，兑得多时在柜台按。只在村里核对，柜台机上不存。

    密码在提示后面写两遍，或从标准输入读一行。当面设，当面认人。
    """
    given, typed = context.services, read_password()

    def work(tx: Connection) -> None:
        village = village_named(tx, code)
        household = _known_household(tx, village, number)
        set_household_pin(tx, village.village_id, household.household_id, typed, given.clock.now())
        audit(tx, None, village.village_id, "household_pin_set", household.number, given.wall.now())

    given.database.write(work)
    click.echo(f"{number} 户的密码设好了。")


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _known_household(tx: Connection, village: Village, number: str) -> Household:
    found = household_by_number(tx, village.village_id, half_width(number))
    if found is None or found.closed:
        raise BrokenContract([Fault("household", f"{village.name}没有户号 {number}，再看一眼")])
    return found


def _named(tx: Connection, village: Village, numbers: Sequence[str]) -> list[Household]:
    """The households by number, all missing ones told at once."""
    there = {
        household.number: household for household in all_households(tx, village.village_id) if not household.closed
    }
    wanted = [half_width(number) for number in numbers]
    if missing := [number for number in wanted if number not in there]:
        raise BrokenContract([Fault("household", f"{village.name}没有户号 {number}，再看一眼") for number in missing])
    return [there[number] for number in wanted]


def _export(village: Village, issued: Sequence[IssuedCard]) -> bytes:
    cards = [
        {
            "number": card.number,
            "household": card.household.number,
            "code": code_text(village.base, CodeKind.CARD, card.token),
        }
        for card in issued
    ]
    return (json.dumps(cards, ensure_ascii=False, indent=1) + "\n").encode()


@contextmanager
def _new_private_file(path: Path) -> Iterator[int]:
    """A new file that only its owner can read; it is gone again when the work fails. BrokenContract when it is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BrokenContract([Fault("out", f"已经有 {path} 这个文件，换一个名字，或先删掉它")]) from error
    try:
        yield descriptor
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
