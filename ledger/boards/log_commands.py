"""``merit-ledger``'s part for the log: seal, prove, export, import.

Exit codes as everywhere: 0 done or "it holds", 1 "it does not hold", 2 bad input, 3 a fault, ``restore_first`` among them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from sqlalchemy import Connection

from ledger.boards.log_arguments import key_folder, read_text, read_vkeys, village_option, vkey_option
from ledger.book.checkpoints import SigningFault, add_countersignature, latest_checkpoint, sign_checkpoint
from ledger.book.export import export_log
from ledger.book.importing import import_log
from ledger.book.keys import KeyFolder
from ledger.book.proofs import consistency_proof, prove
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from schemas.canonical import MAX_INTEGER
from schemas.four_words import four_words
from schemas.notes import SignedNote, VerifierKey, read_checkpoint, read_note
from schemas.problems import BrokenContract, Fault
from schemas.slip import slip_text

ANSWER_IS_NO, FAULT = 1, 3
P = ParamSpec("P")
R = TypeVar("R")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Say a signing fault in words, with its exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SigningFault as error:
            click.echo(f"没有封账（{error.code}）：{error.words}", err=True)
            raise click.exceptions.Exit(FAULT) from None

    return run


@click.command()
@village_option
@click.option(
    "--countersigned", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="收下镇里会签过的这一份。"
)
@click.option("--note", "only_note", is_flag=True, help="只打出封账本身，好存成文件、交给镇里。")
@vkey_option
@click.pass_obj
@told
def checkpoint(
    context: CommandContext, code: str, countersigned: Path | None, only_note: bool, vkeys: Sequence[str]
) -> None:
    """封账：给账本现在的样子签名，打出封账、四词和封账码。头一次会做好密钥。

    账比签过的旧，或和签过的不一样，不签，退出码是 3。
    """
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    if countersigned is not None:
        _take_countersigned(given, village, read_note(read_text(countersigned)), read_vkeys(vkeys))
        return
    folder, now = key_folder(given.settings), given.clock.now()
    fresh = not folder.path(village.code).exists()
    note = sign_checkpoint(
        given.database, village.village_id, village.code, folder, now=now, random_bytes=given.random_bytes
    )
    click.echo(note.full, nl=not only_note)
    if not only_note:
        signed = read_checkpoint(note.text)
        click.echo(f"到第 {signed.size} 笔，封账四词：{' '.join(four_words(signed.root))}")
        click.echo(f"封账码：{_slip(village, folder, note)}")
    if fresh:
        click.echo(f"做好了密钥 {folder.path(village.code)}：抄一份到 U 盘，锁好，不要和账本的备份放在一起。", err=True)


def _slip(village: Village, folder: KeyFolder, note: SignedNote) -> str:
    key = folder.load(village.code)
    if key is None:
        raise OSError(f"{folder.path(village.code)} 刚刚不见了")
    return slip_text(village.base, note, key.signer.verifier)


def _take_countersigned(given: Services, village: Village, note: SignedNote, keys: Sequence[VerifierKey]) -> None:
    if not keys:
        raise BrokenContract([Fault("vkey", "用 --vkey 写上镇里的公钥")])
    for key in keys:
        kept = given.database.write(
            lambda tx, key=key: add_countersignature(tx, village.village_id, note, key, given.clock.now())  # type: ignore[misc]
        )
        click.echo(f"收下了：第 {kept.size} 笔的封账上有 {key.name} 的签名。")


@click.command("prove")
@click.argument("seq", type=click.IntRange(1, MAX_INTEGER), required=False)
@village_option
@click.option("--document", is_flag=True, help="把凭据也放进去（可能有名字，只给本人）。")
@click.option(
    "--since", type=click.IntRange(0, MAX_INTEGER), help="不证一笔，证明从这个笔数以后只添没改（给镇里会签）。"
)
@click.pass_obj
def prove_command(context: CommandContext, seq: int | None, code: str, document: bool, since: int | None) -> None:
    """证明第 SEQ 笔在封过的账里：打出一份 .tlog-proof，拿到哪里都能验，不用联网。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    if (seq is None) == (since is None):
        raise BrokenContract([Fault("seq", "写第几笔，或写 --since 笔数，两样写一样")])
    try:
        click.echo(given.database.read(lambda tx: _proof(tx, village, seq, since, document)), nl=False)
    except LookupError:
        click.echo("证不了：没有这一笔，还没封到这里（先 merit-ledger checkpoint），或凭据已经抹掉了。", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO) from None


def _proof(tx: Connection, village: Village, seq: int | None, since: int | None, document: bool) -> str:
    note = latest_checkpoint(tx, village.village_id, at_least=seq or 0)
    if note is None:
        raise LookupError("nothing signed that far")
    if seq is not None:
        return prove(tx, village.village_id, seq, note, with_document=document).text
    path = consistency_proof(tx, village.village_id, since or 0, read_checkpoint(note.text).size)
    return "".join(base64.b64encode(hash_).decode("ascii") + "\n" for hash_ in path)


@click.command("export")
@village_option
@click.option("--documents", is_flag=True, help="连凭据一起（有名字，搬家用，和账本一样锁好）。")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_command(context: CommandContext, code: str, documents: bool, target: Path) -> None:
    """把封过的账写成文件 TARGET，一行一笔。deploy/verify_log.py 不用这个程序就能验。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    lines = 0
    fresh = target.with_name(target.name + ".new")
    try:
        with fresh.open("w", encoding="ascii") as file:
            for line in export_log(given.database, village.village_id, with_documents=documents):
                file.write(line + "\n")
                lines += 1
    except LookupError as error:
        fresh.unlink()
        click.echo(f"没有导出：还没封过账（先 merit-ledger checkpoint），或账里缺了笔（{error}）。", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO) from None
    fresh.replace(target)
    click.echo(f"导出 {lines - 1:,} 笔到 {target}。")


@click.command("log")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@village_option
@vkey_option
@click.pass_obj
def import_log_command(context: CommandContext, source: Path, code: str, vkeys: Sequence[str]) -> None:
    """把导出的账 SOURCE 放进空的账本。中间断了，再跑一次接着来；有一行不对就停在那里，前面的留着。"""
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    keys = read_vkeys(vkeys)
    if not keys:
        raise BrokenContract([Fault("vkey", "用 --vkey 写上这个村公布的公钥")])
    with source.open(encoding="utf-8") as lines:
        report = import_log(given.database, village.village_id, village.code, lines, keys, now=given.clock.now())
    click.echo(
        f"{village.code} 导进 {report.written:,} 笔，先前已有 {report.already:,} 笔。接着跑 merit-ledger verify。"
    )


COMMANDS: tuple[click.Command, ...] = (checkpoint, prove_command, export_command)
IMPORT_COMMANDS: tuple[click.Command, ...] = (import_log_command,)
