"""``merit-ledger village …``: add a village, show and change its settings."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import Connection

from ledger.staff.audit import audit
from ledger.villages.rules import NewVillage
from ledger.villages.store import Village, add_village, change_village, village_by_code
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
        quorum=quorum, offline_days=offline_days, decimals=decimals, **dict[str, Any](_limits(limits, decimals)),
    )  # fmt: skip
    added = given.database.write(lambda tx: add_village(tx, new, given.clock.now()))
    click.echo(_told(added))


POINTS = {
    "limit-visit": "一次最多兑几分",
    "limit-household-day": "一户一天最多兑几分",
    "offline-household-day": "没网时一户一天最多兑几分",
    "offline-kiosk-total": "没网时一台机共兑几分",
    "limit-no-card": "没带卡一次最多兑几分，0 是不办",
    "limit-proxy": "代兑一次最多几分，再多要第二个人",
    "pin-above": "超过几分要按户里的密码",
}
NEVER_NONE = {"offline-household-day", "offline-kiosk-total", "limit-no-card"}
WHOLE = {
    "offline-days": "没网几天以后先停兑",
    "notice-days": "公示几整天",
    "quorum": "复核要几个人同意",
    "fen-per-point": "1 分抵几分钱（1 元是 100）",
    "order-days": "订的货留几天，0 是不订货",
    "low-stock": "剩几件算快没了",
    "idle-s": "柜台几秒没动就收起来",
}
SWITCHES = {
    "cash-allowed": "可以补现金",
    "substitute": "别的店员按自己的密码就能换班",
    "clerk-pin": "换人看店要按密码",
    "signature-stub": "小票都留签字或按手印的地方",
}
TEXTS = {"phone": "村务电话", "shop-name": "店名", "base": "卡上的码指到哪里", "open-weekdays": "哪几天开门，如 135"}


@village_group.command("set")
@click.argument("code")
@click.argument("settings", nargs=-1, required=True, metavar="名字=值 …")
@click.pass_obj
def set_(context: CommandContext, code: str, settings: tuple[str, ...]) -> None:
    """改村 CODE 的设置，一次可以改几样；有一样写得不对就都不改。柜台机下次联网就照新的办。

    \b
    分：limit-visit limit-household-day limit-proxy pin-above（写“不限”就没有）
        offline-household-day offline-kiosk-total limit-no-card
    数：offline-days notice-days quorum fen-per-point order-days low-stock idle-s
    开关：cash-allowed substitute clerk-pin signature-stub（写 on 或 off）
    字：phone shop-name base open-weekdays（135 是周一、三、五开门）
    """
    given = context.services

    def work(tx: Connection) -> Village:
        village = village_named(tx, code)
        changes = _changes(settings, village.decimals)
        audit(tx, None, village.village_id, "village_set", " ".join(sorted(changes)), given.wall.now())
        return change_village(tx, village, changes)

    changed = given.database.write(work)
    click.echo(f"{changed.name}改好了 {len(settings)} 样。")


@village_group.command("show")
@click.argument("code")
@click.pass_obj
def show(context: CommandContext, code: str) -> None:
    """现在的设置，一行一样，写法和 village set 一样。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    for names in (TEXTS, POINTS, WHOLE, SWITCHES):
        for name, words in names.items():
            click.echo(f"{name}={_shown(name, getattr(village, name.replace('-', '_')), village.decimals)}  {words}")


def _shown(name: str, value: object, decimals: int) -> str:
    if value is None:
        return "不限"
    if isinstance(value, bool):
        return "on" if value else "off"
    return points_text(value, decimals) if name in POINTS and isinstance(value, int) else str(value)


def _changes(settings: tuple[str, ...], decimals: int) -> dict[str, object]:
    """``limit-proxy=30`` … → fields and values. BrokenContract with every one that cannot be read."""
    faults: list[Fault] = []
    changes: dict[str, object] = {}
    for text in settings:
        name, _, typed = text.partition("=")
        try:
            changes[name.replace("-", "_")] = _value(name, typed.strip(), decimals)
        except ValueError as wrong:
            faults.append(Fault(name, str(wrong)))
    if faults:
        raise BrokenContract(faults)
    return changes


def _value(name: str, typed: str, decimals: int) -> object:
    """ValueError, in words, for what that setting cannot be."""
    if name in POINTS:
        if typed in ("不限", "none") and name not in NEVER_NONE:
            return None
        points = parse_points(typed, decimals)
        if points is None:
            raise ValueError(f"写成分数，像 30 这样，现在是“{typed}”")
        return points
    if name in WHOLE:
        if not (typed.isascii() and typed.isdigit()):
            raise ValueError(f"写成整数，现在是“{typed}”")
        return int(typed)
    if name in SWITCHES:
        if typed not in ("on", "off"):
            raise ValueError(f"写 on 或 off，现在是“{typed}”")
        return typed == "on"
    if name not in TEXTS:
        raise ValueError("没有这样设置，看看名字是不是写错了")
    return typed


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
