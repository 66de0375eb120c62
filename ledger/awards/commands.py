"""``merit-ledger award``, ``review`` and ``due``: the way of an award from the command line, under the same four eyes."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import click
from sqlalchemy import Connection

from ledger.awards.crediting import credit_due
from ledger.awards.reading import claim_by_number
from ledger.awards.store import record_claim, review_claim
from ledger.awards.values import QUANTITY_MOST, ClaimRecorded, ClaimRequest, ClaimState, Credited, Reviewed, Verdict
from ledger.awards.words import deed_text, held_down_text, refusal_text
from ledger.people.memberships import roles_of, staff_with_role
from ledger.people.rules import half_width
from ledger.staff.roles import Role
from ledger.staff.store import StaffMember, staff_by_login
from ledger.villages.commands import village_named
from ledger.villages.store import Village, all_villages
from ledger.web.services import CommandContext
from schemas.canonical import MAX_INTEGER
from schemas.points import points_text
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal

ANSWER_IS_NO = 1


@click.command()
@click.option("--village", "code", required=True, help="村码，如 SQ。")
@click.option("--household", required=True, help="户号，如 0007。")
@click.option("--item", required=True, help="评分表里的代码，如 VO01。")
@click.option(
    "--quantity", type=click.IntRange(1, QUANTITY_MOST), default=1, show_default=True, help="几次、几人、几小时。"
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="哪天做的，如 2026-11-16；不写是今天。")
@click.option("--note", default="", help="谁看见、在哪里；同一天同一件事真有两回，也在这里写明。")
@click.option("--by", "login", help="谁记的（账号）；村里只有一位记录员，可以不写。")
@click.pass_obj
def award(
    context: CommandContext,
    code: str,
    household: str,
    item: str,
    quantity: int,
    day: datetime | None,
    note: str,
    login: str | None,
) -> None:
    """给一户记一件好事，等人复核。记下了，印出编号；没记，说为什么，退出码是 1。"""
    given = context.services
    now, claim_id = given.clock.now(), given.new_id()

    def work(tx: Connection) -> tuple[Village, ClaimRecorded | Refusal]:
        village = village_named(tx, code)
        done_on = day.date() if day else village.today(now)
        request = ClaimRequest(claim_id, half_width(household), item.upper(), quantity, done_on, " ".join(note.split()))
        member = _member(tx, village, login, Role.RECORDER)
        return village, record_claim(tx, village, request, member.staff_id, now)

    village, done = given.database.write(work)
    if isinstance(done, Refusal):
        _no(done, village)
    else:
        claim = done.claim
        told = deed_text(claim.item_name, claim.quantity, claim.unit)
        click.echo(f"{claim.number}\t{claim.household}\t{told}\t+{points_text(claim.points, village.decimals)}\t等复核")


@click.command()
@click.argument("number", type=click.IntRange(1, MAX_INTEGER))
@click.option("--village", "code", required=True, help="村码，如 SQ。")
@click.option("--by", "login", required=True, help="谁复核的（账号）。记的人不能复核，自己家的也不能。")
@click.option("--reject", "reason", help="不同意，写原因；不写这一项就是同意。")
@click.pass_obj
def review(context: CommandContext, number: int, code: str, login: str, reason: str | None) -> None:
    """复核编号是 NUMBER 的那一笔。办不成的，说为什么、谁能办，退出码是 1。"""
    given = context.services
    now, verdict = given.clock.now(), Verdict.AGREE if reason is None else Verdict.REJECT

    def work(tx: Connection) -> tuple[Village, Reviewed | Refusal]:
        village = village_named(tx, code)
        member = _member(tx, village, login, Role.REVIEWER)
        claim = claim_by_number(tx, village.village_id, number)
        if claim is None:
            raise BrokenContract([Fault("number", f"没有编号 {number} 这一笔")])
        return village, review_claim(tx, village, claim.claim_id, member.staff_id, verdict, reason or "", now)

    village, done = given.database.write(work)
    if isinstance(done, Refusal):
        _no(done, village)
    else:
        click.echo(f"{number}\t{_reviewed_text(done, village)}")


@click.command()
@click.option("--village", "code", help="只办一个村，写村码；不写，每个村都办。")
@click.pass_obj
def due(context: CommandContext, code: str | None) -> None:
    """公示期满的，记到各户账上。服务开着时每分钟自己办；早办晚办、办两遍，分都不会多记。

    有该到账却记不上的（销户了，或能发的分用完了），说为什么，退出码是 1；原因没了，下次自己会记上。
    """
    given = context.services
    now = given.clock.now()
    villages = given.database.read(lambda tx: [village_named(tx, code)] if code else all_villages(tx))
    held = 0
    for village in villages:
        lines = given.database.write(partial(credit_due, village=village, now=now))
        for line in lines:
            click.echo(_credited_text(line, village), err=line.held is not None)
            held += line.held is not None
        click.echo(f"{village.code} 到账 {sum(line.seq is not None for line in lines)} 笔")
    if held:
        raise click.exceptions.Exit(ANSWER_IS_NO)


def _member(tx: Connection, village: Village, login: str | None, role: Role) -> StaffMember:
    """Who acts. BrokenContract for a login that is unknown or lacks the role, and when nobody was named and several could be."""
    if login is None:
        able = staff_with_role(tx, village.village_id, role)
        if len(able) == 1:
            return able[0]
        several = f"写明是谁：村里有 {len(able)} 位{role.words}"
        nobody = f"村里还没有{role.words}，先用 merit-ledger user add 开一个账号"
        raise BrokenContract([Fault("--by", several if able else nobody)])
    member = staff_by_login(tx, login)
    if member is None:
        raise BrokenContract([Fault("--by", f"没有账号 {login}")])
    if role not in roles_of(tx, village.village_id, member.staff_id):
        raise BrokenContract([Fault("--by", f"{member.name}不是{village.name}的{role.words}")])
    return member


def _no(refusal: Refusal, village: Village) -> None:
    click.echo(refusal_text(refusal, village), err=True)
    raise click.exceptions.Exit(ANSWER_IS_NO)


def _reviewed_text(done: Reviewed, village: Village) -> str:
    if done.claim.state is ClaimState.REJECTED:
        return "不同意，不加分"
    if done.notice is None:
        return f"还要 {done.still_needed} 人同意"
    credit = village.local(done.notice.credit_at)
    points = f"+{points_text(done.claim.points, village.decimals)}"
    capped = held_down_text(done.claim, village.decimals)
    hangs = f"公示 {done.notice.first_day} 到 {done.notice.last_day}，{credit:%Y-%m-%d} 零点到账"
    return "\t".join(filter(None, (points, hangs, capped)))


def _credited_text(line: Credited, village: Village) -> str:
    claim = line.claim
    told = f"{claim.number}\t{claim.household}\t{deed_text(claim.item_name, claim.quantity, claim.unit)}"
    if line.held is not None:
        return f"{told}\t没到账：{refusal_text(line.held, village)}"
    points = points_text(line.points, village.decimals)
    asked = points_text(claim.asked_points, village.decimals)
    capped = f"\t原是 {asked} 分，到上限了" if line.points < claim.asked_points else ""
    place = f"\t第 {line.seq} 笔，余 {points_text(line.balance or 0, village.decimals)} 分" if line.seq else ""
    return f"{told}\t+{points}{place}{capped}"
