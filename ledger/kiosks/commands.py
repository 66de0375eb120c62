"""``merit-ledger kiosk …``: a one-time code for a new kiosk."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from ledger.kiosks.enrolment import EnrolmentCode, make_code
from ledger.staff.audit import audit
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext


@click.group("kiosk")
def kiosk_group() -> None:
    """柜台机：给新机器开装机码。"""


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
