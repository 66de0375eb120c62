"""``merit-ledger kiosk …``: a one-time code for a new kiosk, and what a dead one left on its stick."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection

from ledger.kiosks.copies import read_signed_copy, take_copy
from ledger.kiosks.enrolment import EnrolmentCode, make_code
from ledger.staff.audit import audit
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext


@click.group("kiosk")
def kiosk_group() -> None:
    """柜台机：给新机器开装机码；坏了的机器，把 U盘上的记录读进账。"""


@kiosk_group.command("code")
@click.option("--village", "village_code", required=True, help="村码。")
@click.pass_obj
def code(context: CommandContext, village_code: str) -> None:
    """开一个装机码：只显示这一次，10 分钟内有效，装一台机。"""
    given = context.services
    now = given.clock.now()

    def work(tx: Connection) -> tuple[Village, EnrolmentCode]:
        village = village_named(tx, village_code)
        audit(tx, None, village.village_id, "kiosk_code", "console", now)
        return village, make_code(tx, village, by="console", now=now, random_bytes=given.random_bytes)

    village, made = given.database.write(work)
    click.echo(f"{village.name}装机码：{made.code}（{village.local(made.expires_at):%H:%M} 前有效，用一次）")


@kiosk_group.command("copy")
@click.option("--village", "village_code", required=True, help="村码。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def copy(context: click.Context, /, village_code: str, file: Path) -> None:
    """柜台机坏了，钥匙也没了：把 U盘上的记录副本读进账。

    FILE 是 U盘上的 merit-村码-机号.journal，签过名的 .head 要在旁边。校验链和签名都对才读；账里已有的不动，没有的按先后入账，和那台机自己
    上传一样，可以读几次。读完到“柜台机”页停用那台机，给新机器开装机码。退出码：0 读完；1 账不收；2 副本不对；3 机器出事。
    """
    given: CommandContext = context.obj
    database, now = given.services.database, given.services.clock.now()
    village = database.read(lambda tx: village_named(tx, village_code))
    found = read_signed_copy(database, village, file)
    number = found.kiosk.kiosk_id
    database.write(lambda tx: audit(tx, None, village.village_id, "kiosk_copy", "console", now))
    taken = take_copy(database, village, found, now)
    if not isinstance(taken, tuple):
        click.echo(
            f"账不收 {number} 号机的副本：{_NOT_TAKEN[type(taken).__name__]}。到“柜台机”页看要看的事。", err=True
        )
        context.exit(1)
    known = len(found.entries) - len(taken)
    click.echo(f"{number} 号机的副本到第 {len(found.entries)} 笔：账里已有 {known} 笔，新读进 {len(taken)} 笔。")
    for outcome in taken:
        if outcome.outcome not in ("posted", "recorded"):
            click.echo(f"  {number}-{outcome.number:06d} 没有入账：{outcome.outcome}")
    if found.unsigned:
        click.echo(f"后面 {len(found.unsigned)} 笔没有签名，没有读：和店里对着小票问一问。")


_NOT_TAKEN = {
    "Gap": "中间少了几笔",
    "Forked": "同一个号有两份不同的记录，那台机已停用，两份都留着",
    "Revoked": "那台机已经停用，记录另放着",
}
