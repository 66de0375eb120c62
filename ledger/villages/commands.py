"""``merit-ledger village …``: add a village."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from ledger.villages.rules import NewVillage
from ledger.villages.store import Village, add_village, village_by_code
from ledger.web.services import CommandContext
from schemas.points import parse_points, points_text
from schemas.problems import BrokenContract, Fault


@click.group("village")
def village_group() -> None:
    """村：添一个村，连同它的账本。"""


@village_group.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--phone", required=True, help="村务电话，印在卡和小票上。")
@click.option("--shop-name", default="爱心超市", show_default=True, help="店名。")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="时区。")
@click.option(
    "--base", default="merit:", show_default=True, help="卡上的码指到哪里：merit: 只在店里扫，或 https 网址。"
)
@click.option("--quorum", type=int, default=2, show_default=True, help="复核要几个人同意。")
@click.option("--notice-days", type=int, default=3, show_default=True, help="公示几整天。")
@click.option("--decimals", type=int, default=0, show_default=True, help="分的小数位，0 或 1；有了第一笔就不能改。")
@click.option("--limit-visit", help="一次最多兑几分；不写就不限。")
@click.option("--limit-household-day", help="一户一天最多兑几分；不写就不限。")
@click.option("--offline-household-day", default="30", show_default=True, help="没网时一户一天最多兑几分。")
@click.option("--offline-kiosk-total", default="500", show_default=True, help="没网时一台机共兑几分。")
@click.option("--offline-days", type=int, default=7, show_default=True, help="没网几天以后先停兑。")
@click.pass_obj
def add(
    context: CommandContext,
    /,
    code: str,
    name: str,
    phone: str,
    shop_name: str,
    timezone: str,
    base: str,
    quorum: int,
    notice_days: int,
    decimals: int,
    offline_days: int,
    **limits: str | None,
) -> None:
    """添一个村。CODE 是村码（2 到 12 个大写字母和数字，字母开头，定了不改），NAME 是村名。"""
    given = context.services
    new = NewVillage(
        code=code, name=name, phone=phone, shop_name=shop_name, timezone=timezone, base=base, notice_days=notice_days,
        quorum=quorum, offline_days=offline_days, decimals=decimals, **_limits(limits, decimals),
    )  # fmt: skip
    added = given.database.write(lambda tx: add_village(tx, new, given.clock.now()))
    click.echo(_told(added))


def village_named(tx: Connection, code: str) -> Village:
    """The village that a command names. BrokenContract when there is none."""
    found = village_by_code(tx, code.upper())
    if found is None:
        raise BrokenContract([Fault("village", f"没有村码是 {code} 的村，先用 merit-ledger village add 添上")])
    return found


def _limits(typed: dict[str, str | None], decimals: int) -> dict[str, int]:
    """Points as typed → minor units; what was not given is left to the village's defaults."""
    amounts = {name: parse_points(text, decimals) for name, text in typed.items() if text is not None}
    faults = [
        Fault(name, f"写成分数，像 30 这样，现在是“{typed[name]}”")
        for name, amount in amounts.items()
        if amount is None
    ]
    if faults:
        raise BrokenContract(faults)
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _told(added: Village) -> str:
    limit = points_text(added.offline_household_day, added.decimals)
    where = "只在店里扫" if added.base == "merit:" else f"手机扫开 {added.base}"
    return (
        f"{added.name}（{added.code}）添好了，账本是空的。公示 {added.notice_days} 天，{added.quorum} 人同意，"
        f"没网时一户一天最多 {limit} 分；卡{where}。"
    )
