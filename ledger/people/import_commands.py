"""``merit-ledger import …``: the same importers as the office page. Higher rooms hand theirs up; ``ledger.cli`` mounts them."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.people.households_import import HouseholdsImporter
from ledger.people.importing import Applied, Importer, Preview
from ledger.villages.commands import village_named
from ledger.web.services import CommandContext
from schemas.problems import BrokenContract

ACTOR = "import"


@click.group("import")
def import_group() -> None:
    """导入：户名册、货品、评分表。一行没改好，一行都不导；再导一遍什么都不变。"""


def import_command(importer: Importer) -> click.Command:
    """The command ``KIND FILE --village CODE [--dry-run]`` for an importer."""

    @click.command(importer.kind, help=f"导入{importer.title}。FILE 里要有：{importer.columns}。")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--village", "code", required=True, help="村码。")
    @click.option("--dry-run", is_flag=True, help="只看一遍，不导。")
    @click.pass_obj
    def run(context: CommandContext, file: Path, code: str, dry_run: bool) -> None:
        data = file.read_bytes()
        told = look(context, importer, code, data) if dry_run else bring_in(context, importer, code, data)
        click.echo(told.summary)
        if isinstance(told, Preview):
            for change in told.changes:
                click.echo(f"  {change}")
            click.echo("只看了一遍，还没导。")

    return run


def look(context: CommandContext, importer: Importer, code: str, data: bytes) -> Preview:
    """The preview. BrokenContract with the file's faults."""
    seen = context.services.database.read(lambda tx: importer.preview(tx, village_named(tx, code), data))
    if seen.faults:
        raise BrokenContract(seen.faults)
    return seen


def bring_in(context: CommandContext, importer: Importer, code: str, data: bytes) -> Applied:
    """Import in one unit of work."""
    given = context.services
    now = given.clock.now()
    return given.database.write(lambda tx: importer.apply(tx, village_named(tx, code), data, now, ACTOR))


import_group.add_command(import_command(HouseholdsImporter()))
