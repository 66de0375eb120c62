"""``merit-ledger import rulebook``: adopt a rule book's file as the next version."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from ledger.people.import_commands import ACTOR, look
from ledger.scheme.rulebook_import import RuleBookImporter, adopt_file
from ledger.villages.commands import village_named
from ledger.web.services import CommandContext


@click.command("rulebook")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--village", "code", required=True, help="村码。")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="从哪天做的事起用；不写就从今天起。")
@click.option("--dry-run", is_flag=True, help="只看一遍，不换。")
@click.pass_obj
def import_rulebook(context: CommandContext, file: Path, code: str, first_day: datetime | None, dry_run: bool) -> None:
    """导入评分表（JSON）作为下一版。和现在的一样，就什么都不变；以前的版本都留着。"""
    data, given = file.read_bytes(), context.services
    if dry_run:
        seen = look(context, RuleBookImporter(), code, data)
        for line in (seen.summary, *(f"  {change}" for change in seen.changes), "只看了一遍，还没换。"):
            click.echo(line)
        return
    now = given.clock.now()
    done = given.database.write(
        lambda tx: adopt_file(
            tx,
            village := village_named(tx, code),
            data,
            now=now,
            by=ACTOR,
            in_force_from=first_day.date() if first_day else village.today(now),
        )
    )
    click.echo(done.summary)
