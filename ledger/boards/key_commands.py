"""``merit-ledger key``: the public keys that sign a village's log, shown, printed, rotated. A township's is printed here too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ledger.boards.key_sheets import KeySheet, key_sheet
from ledger.boards.log_arguments import key_folder, village_option
from ledger.boards.log_commands import ANSWER_IS_NO, told
from ledger.book.checkpoints import key_history, rotate_key
from ledger.book.witness import WitnessFile
from ledger.villages.commands import village_named
from ledger.web.filters import DEFAULT_ZONE
from ledger.web.services import CommandContext
from schemas.notes import read_vkey
from schemas.problems import BrokenContract, Fault

NO_KEY = "还没有密钥：头一次 merit-ledger checkpoint 会做好。"


@click.group("key")
def key_group() -> None:
    """封账的密钥：看公钥、印成纸、换一把。"""


@key_group.command("show")
@village_option
@click.pass_obj
def show_key(context: CommandContext, code: str) -> None:
    """打出用过的公钥，旧的在前，最后一把是现在用的。贴到村务栏，交给镇里。"""
    given = context.services
    history = given.database.read(lambda tx: key_history(tx, village_named(tx, code).village_id))
    if not history:
        click.echo(NO_KEY, err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO)
    for number, record in enumerate(history):
        named = (
            "旧的一把签过名" if record.endorsement else ("头一把" if number == 0 else f"没有旧的签名：{record.reason}")
        )
        click.echo(f"{record.vkey}  {record.since[:10]}起  {named}")


@key_group.command("rotate")
@village_option
@click.option("--lost", metavar="原因", help="旧的丢了，或账断过：新的没有旧的签名，原因记下来。")
@click.pass_obj
@told
def rotate(context: CommandContext, code: str, lost: str | None) -> None:
    """换一把密钥，由旧的签名认下。换完把新公钥贴出来，文件抄到 U 盘。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    fresh = rotate_key(
        given.database,
        village.village_id,
        village.code,
        key_folder(given.settings),
        now=given.clock.now(),
        random_bytes=given.random_bytes,
        lost=lost,
    )
    click.echo(f"换好了：{fresh.signer.verifier.text}")
    if lost is not None:
        click.echo("新的没有旧的签名。贴出来，写明原因，两个人签字；从今天的纸重新对起。")
    click.echo(f"印成纸：merit-ledger key sheet 公钥.html --village {village.code}")


@key_group.command("sheet")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--village", "code", help="村码，如 SQ：印这个村封账的公钥。")
@click.option(
    "--file",
    "witness",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="镇里会签用的那个文件：印镇里的公钥。",
)
@click.pass_obj
def sheet(context: CommandContext, target: Path, code: str | None, witness: Path | None) -> None:
    """把公钥写成一页 A4（TARGET，网页文件）：二维码、指纹、全文，丢了怎么办。打开它打印，锁进抽屉、贴出来、交给镇里。

    纸上只有公钥，谁都能看。要锁好的是密钥文件。
    """
    if (code is None) == (witness is None):
        raise BrokenContract([Fault("village", "写 --village 村码，或写 --file 镇里的文件，两样写一样")])
    made = _township_sheet(context, witness) if witness else _village_sheet(context, code or "")
    if made is None:
        click.echo(NO_KEY, err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO)
    target.write_text(key_sheet(made), encoding="utf-8")
    click.echo(f"写好了 {target}：用浏览器打开，A4 纸打印。指纹 {' '.join(made.fingerprint)}")


def _village_sheet(context: CommandContext, code: str) -> KeySheet | None:
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    history = given.database.read(lambda tx: key_history(tx, village.village_id))
    if not history:
        return None
    newest, zone = history[-1], ZoneInfo(village.timezone)
    return KeySheet(
        key=read_vkey(newest.vkey),
        owner=f"{village.name}（{village.code}）",
        printed=village.today(given.clock.now()),
        secret=key_folder(given.settings).path(village.code).name,
        since=datetime.fromisoformat(newest.since).astimezone(zone).date(),
        endorsed=newest.endorsement is not None,
        reason=newest.reason,
        earlier=history[:-1],
    )


def _township_sheet(context: CommandContext, path: Path) -> KeySheet:
    try:
        key = WitnessFile(path).load().signer.verifier
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenContract([Fault("file", f"{path} 不是镇里会签的文件")]) from error
    today = context.services.clock.now().astimezone(ZoneInfo(DEFAULT_ZONE)).date()
    return KeySheet(key=key, owner=key.name.partition("/")[2] or key.name, printed=today, secret=path.name)
