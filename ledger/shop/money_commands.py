"""``merit-ledger money …``: the money behind points: what was granted, issued, spent, settled, and what is still owed."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from ledger.book.accounts import set_issue_limit
from ledger.book.money import Totals, grant, settle, totals
from ledger.book.reading import total_of_accounts
from ledger.book.values import Outcome
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from schemas.points import parse_points, points_text
from schemas.problems import BrokenContract, Fault
from schemas.refusals import RefusalCode, words

ANSWER_IS_NO = 1
_village = click.option("--village", "code", required=True, help="村码，如 SQ。")
_amount = click.argument("amount")
_people = (
    click.option("--by", required=True, help="谁经手（账号）。"),
    click.option("--second", required=True, help="另一位同意的人（账号）。"),
)


@click.group("money")
def money_group() -> None:
    """积分后面的钱和货：拨了多少、发了多少、兑了多少、结了多少。"""


@money_group.command("show")
@_village
@click.option("--plain", is_flag=True, help="给程序看：一行一个 名字=数。")
@click.pass_obj
def show(context: CommandContext, code: str, plain: bool) -> None:
    """现在的账：拨款、已发、户里还有、欠着的、店里收了没结的、结了的。合不拢时退出码是 1。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))

    def read(tx: Connection) -> tuple[Totals, int]:
        return totals(tx, village.village_id), total_of_accounts(tx, village.village_id)

    found, total = given.database.read(read)
    figures = {
        "granted": ("拨到村里", found.granted),
        "fund": ("没发的", found.fund),
        "issued": ("已发", found.issued),
        "owed": ("各户还有", found.owed),
        "debts": ("有户欠着", found.debts),
        "shop": ("店里收了，没结的", found.shop),
        "settled": ("和店里结了的", found.settled),
        "sum": ("各账户合计", total),
    }
    for name, (words_, amount) in figures.items():
        click.echo(f"{name}={amount}" if plain else f"{points_text(amount, village.decimals):>10} 分  {words_}")
    if not found.ties or total != 0:
        click.echo("合不拢：先不要再记，打镇里电话。", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO)


@money_group.command("grant")
@_amount
@_village
@click.option("--source", required=True, help="谁的钱，如 村集体、捐款。")
@_people[0]
@_people[1]
@click.pass_obj
def grant_command(context: CommandContext, amount: str, code: str, source: str, by: str, second: str) -> None:
    """把 AMOUNT 分的钱拨到村里：有多少钱和货，才发多少分。"""
    given, village, value = _given(context, code, amount)
    now = given.clock.now()
    outcome = given.database.write(
        lambda tx: grant(
            tx,
            village.village_id,
            id_=given.new_id(),
            amount=value,
            day=village.today(now),
            source=source,
            now=now,
            actor=f"user:{by}",
            second=f"user:{second}",
        )
    )
    _tell(outcome, village, f"拨了 {points_text(value, village.decimals)} 分，来自{source}。")


@money_group.command("settle")
@_amount
@_village
@_people[0]
@_people[1]
@click.pass_obj
def settle_command(context: CommandContext, amount: str, code: str, by: str, second: str) -> None:
    """和店里结 AMOUNT 分：钱给了店里，店里收的分就销掉。"""
    given, village, value = _given(context, code, amount)
    now = given.clock.now()
    owed = given.database.read(lambda tx: totals(tx, village.village_id)).shop
    if value > owed:
        click.echo(
            f"店里只收了 {points_text(owed, village.decimals)} 分没结，结不了 {points_text(value, village.decimals)} 分。",
            err=True,
        )
        raise click.exceptions.Exit(ANSWER_IS_NO)
    outcome = given.database.write(
        lambda tx: settle(
            tx,
            village.village_id,
            id_=given.new_id(),
            amount=value,
            day=village.today(now),
            now=now,
            actor=f"user:{by}",
            second=f"user:{second}",
        )
    )
    _tell(
        outcome,
        village,
        f"结了 {points_text(value, village.decimals)} 分，店里还有 {points_text(owed - value, village.decimals)} 分没结。",
    )


@money_group.command("limit")
@click.argument("state", type=click.Choice(["on", "off"]))
@_village
@click.pass_obj
def limit(context: CommandContext, state: str, code: str) -> None:
    """发分跟着钱走（on）：拨了多少才能发多少，再多要另一个人写明放行；off 是不管。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    given.database.write(lambda tx: set_issue_limit(tx, village.village_id, tied_to_grants=state == "on"))
    click.echo("拨了多少，才发多少。" if state == "on" else "发分不看拨款。")


def _given(context: CommandContext, code: str, amount: str) -> tuple[Services, Village, int]:
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    value = parse_points(amount, village.decimals)
    if value is None or value <= 0:
        raise BrokenContract([Fault("AMOUNT", f"分数写成大于 0 的数，如 3000，现在是 {amount}")])
    return given, village, value


def _tell(outcome: Outcome, village: Village, done: str) -> None:
    if outcome.posted:
        click.echo(done)
        return
    refusal = RefusalCode.of(outcome.code)
    click.echo(words(refusal.seen, outcome.figures, decimals=village.decimals, phone=village.phone), err=True)
    raise click.exceptions.Exit(ANSWER_IS_NO)
