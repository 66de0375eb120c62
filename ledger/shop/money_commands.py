"""``merit-ledger money …``: the money behind points, asked and confirmed by the same store functions as on the page 账."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from ledger.shop.money import ask, confirm
from ledger.shop.money_parts import goods_trouble
from ledger.shop.money_rules import MoneyKind, MoneyRequest, MoneyWish
from ledger.shop.money_sheet import Standing, standing
from ledger.shop.money_words import refusal_text
from ledger.staff.store import staff_by_login
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext
from schemas.points import parse_points, points_text
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal

ANSWER_IS_NO = 1
_village = click.option("--village", "code", required=True, help="村码，如 SQ。")
_amount = click.argument("amount")
_by = click.option("--by", required=True, help="谁经手（账号），村管理员。")
_second = click.option("--second", required=True, help="另一位确认的人（账号），村管理员或监督员。")


@click.group("money")
def money_group() -> None:
    """积分后面的钱和货：拨了多少、发了多少、兑了多少、结了多少。"""


@money_group.command("show")
@_village
@click.option("--plain", is_flag=True, help="给程序看：一行一个 名字=数。")
@click.pass_obj
def show(context: CommandContext, code: str, plain: bool) -> None:
    """现在的账：拨款、已发、户里还有、欠着的、店里收了没结的、结了的、架上的货。合不拢时退出码是 1。"""

    def look(tx: Connection) -> tuple[Village, Standing, list[str]]:
        village = village_named(tx, code)
        found = standing(tx, village)
        return village, found, [*found.trouble, *goods_trouble(tx, village.village_id)]

    village, found, troubles = context.services.database.read(look)
    for name, words_, amount in _figures(found):
        click.echo(f"{name}={amount}" if plain else f"{points_text(amount, village.decimals):>10} 分  {words_}")
    if found.near:
        click.echo(f"快发完了，还能发 {points_text(found.left, village.decimals)} 分。", err=True)
    for trouble in troubles:
        click.echo(f"合不拢：{trouble}。先不要再记，打镇里电话。", err=True)
    if troubles:
        raise click.exceptions.Exit(ANSWER_IS_NO)


@money_group.command("grant")
@_amount
@_village
@click.option("--source", required=True, help="谁的钱，如 村集体、捐款。")
@_by
@_second
@click.pass_obj
def grant_command(context: CommandContext, amount: str, code: str, source: str, by: str, second: str) -> None:
    """把 AMOUNT 分的钱拨到村里：有多少钱和货，才发多少分。"""
    village, done = _by_two(context, code, MoneyKind.GRANT, by, second, amount=amount, source=source.strip())
    click.echo(f"拨了 {points_text(done.wish.amount, village.decimals)} 分，来自{done.wish.source}。")


@money_group.command("settle")
@_amount
@_village
@_by
@_second
@click.pass_obj
def settle_command(context: CommandContext, amount: str, code: str, by: str, second: str) -> None:
    """和店里结 AMOUNT 分：钱给了店里，店里收的分就销掉。"""
    village, done = _by_two(context, code, MoneyKind.SETTLEMENT, by, second, amount=amount)
    left = context.services.database.read(lambda tx: standing(tx, village)).totals.shop
    paid, open_ = (points_text(figure, village.decimals) for figure in (done.wish.amount, left))
    click.echo(f"结了 {paid} 分，店里还有 {open_} 分没结。")


@money_group.command("limit")
@click.argument("state", type=click.Choice(["on", "off"]))
@_village
@_by
@click.option("--second", default="", help="另一位同意的人（账号）；off 要写。")
@click.pass_obj
def limit(context: CommandContext, state: str, code: str, by: str, second: str) -> None:
    """发分跟着钱走（on）：拨了多少才能发多少，再多要另一个人写明放行；off 是不管，要两个人。"""
    kind = MoneyKind.LIMIT_ON if state == "on" else MoneyKind.LIMIT_OFF
    _by_two(context, code, kind, by, second)
    click.echo("拨了多少，才发多少。" if kind is MoneyKind.LIMIT_ON else "发分不看拨款。")


def _figures(found: Standing) -> list[tuple[str, str, int]]:
    totals = found.totals
    return [
        ("granted", "拨到村里", totals.granted),
        ("fund", "没发的", totals.fund),
        ("issued", "已发", totals.issued),
        ("owed", "各户还有", totals.owed),
        ("debts", "有户欠着", totals.debts),
        ("shop", "店里收了，没结的", totals.shop),
        ("settled", "和店里结了的", totals.settled),
        ("stock", "架上的货", found.stock),
        ("sum", "各账户合计", found.sum),
    ]


def _by_two(
    context: CommandContext, code: str, kind: MoneyKind, by: str, second: str, *, amount: str = "", source: str = ""
) -> tuple[Village, MoneyRequest]:
    """Ask and confirm in one unit of work: at the console both people are named at once. A refusal ends the command."""
    given = context.services
    now, request_id = given.clock.now(), given.new_id()

    def work(tx: Connection) -> tuple[Village, MoneyRequest | Refusal]:
        village = village_named(tx, code)
        value = parse_points(amount, village.decimals) or 0 if kind.moves_points else 0
        people = {"by": by, "second": second} if kind.takes_two else {"by": by}
        ids = _staff(tx, people)
        asked = ask(tx, village, MoneyWish(kind, value, source), request_id=request_id, by=ids["by"], now=now)
        if isinstance(asked, Refusal) or not kind.takes_two:
            return village, asked
        done = confirm(tx, village, request_id, by=ids["second"], now=now)
        if isinstance(done, Refusal):
            raise _Undone(village, done)
        return village, done

    try:
        village, done = given.database.write(work)
    except _Undone as undone:
        village, done = undone.village, undone.refusal
    if isinstance(done, Refusal):
        click.echo(refusal_text(done, village), err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO)
    return village, done


class _Undone(Exception):
    """The second person's part was refused: what the first asked goes with it."""

    def __init__(self, village: Village, refusal: Refusal) -> None:
        super().__init__(refusal.code.code)
        self.village = village
        self.refusal = refusal


def _staff(tx: Connection, logins: dict[str, str]) -> dict[str, int]:
    """Staff ids by option. BrokenContract names every login that is unknown or missing."""
    found = {option: staff_by_login(tx, login) for option, login in logins.items()}
    faults = [
        Fault(f"--{option}", f"没有账号 {logins[option] or '（没写）'}") for option, one in found.items() if one is None
    ]
    if faults:
        raise BrokenContract(faults)
    return {option: one.staff_id for option, one in found.items() if one is not None}
