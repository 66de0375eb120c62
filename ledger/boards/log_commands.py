"""``merit-ledger``'s part for the log: seal, prove, hold against paper, export, import, countersign, keys.

Exit codes as everywhere: 0 done or "it holds", 1 "it does not hold", 2 bad input, 3 a fault, ``restore_first`` among them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from rich.console import Console
from sqlalchemy import Connection

from ledger.book.against import AgainstReport, verify_against
from ledger.book.checkpoints import (
    SigningFault,
    add_countersignature,
    latest_checkpoint,
    sign_checkpoint,
)
from ledger.book.export import export_log
from ledger.book.importing import import_log
from ledger.book.keys import KeyFolder
from ledger.book.proofs import consistency_proof, prove
from ledger.book.witness import NotConsistent, WitnessFile
from ledger.config import LedgerSettings
from ledger.villages.commands import village_named
from ledger.villages.store import Village
from ledger.web.services import CommandContext, Services
from schemas.canonical import MAX_INTEGER
from schemas.four_words import four_words
from schemas.merkle import HASH_BYTES
from schemas.notes import KEY_BYTES, SignedNote, VerifierKey, read_base64, read_checkpoint, read_note, read_vkey
from schemas.problems import BrokenContract, Fault
from schemas.slip import is_slip, read_slip, slip_text

ANSWER_IS_NO, FAULT = 1, 3
P = ParamSpec("P")
R = TypeVar("R")

village_option = click.option("--village", "code", required=True, help="村码，如 SQ。")
vkey_option = click.option(
    "--vkey", "vkeys", multiple=True, help="信得过的公钥（merit/SQ+…），或装着公钥的文件。可写几个。"
)


def key_folder(settings: LedgerSettings) -> KeyFolder:
    """Where the log keys lie: beside the database, not in it. A backup takes the database, never this folder."""
    return KeyFolder(settings.log_key_dir)


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Say a signing fault and a lack in words, with their exit codes."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SigningFault as error:
            click.echo(f"没有封账（{error.code}）：{error.words}", err=True)
            raise click.exceptions.Exit(FAULT) from None
        except NotConsistent as error:
            click.echo(f"没有会签（{error.code}）：{error.words}", err=True)
            click.echo(f"先前的：\n{error.earlier.full}\n这一份：\n{error.later.full}", err=True)
            raise click.exceptions.Exit(ANSWER_IS_NO) from None

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
        _take_countersigned(given, village, read_note(_text(countersigned)), read_vkeys(vkeys))
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


def against_paper(given: Services, village: Village, paper: str, vkeys: Sequence[str]) -> AgainstReport:
    """Hold a village's book against a slip's text or a file with a slip or note, and say what came out. For ``verify --against``.

    Without ``vkeys`` the keys in this machine's key folder serve: good against a changed database, not against whoever has the folder.
    """
    keys = read_vkeys(vkeys)
    if not keys:
        held = key_folder(given.settings).load(village.code)
        keys = [read_vkey(record.vkey) for record in held.history] if held else []
    if not keys:
        raise BrokenContract([Fault("vkey", "用 --vkey 写上村里公布的公钥")])
    with counting(f"正在拿 {village.name}（{village.code}）的账和纸对") as progress:
        report = verify_against(
            given.database, village.village_id, village.code, _paper(paper), keys, progress=progress
        )
    click.echo(f"{village.code} {report.words}")
    if not vkeys:
        click.echo("用的是本机的公钥。要更牢靠，用 --vkey 写上贴出来的那把。", err=True)
    return report


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


@click.command()
@click.argument("note", type=click.File(encoding="utf-8"))
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="镇里的密钥和记性，一个文件。",
)
@click.option("--name", help="头一次用：镇里的名字，如 township/清水镇。")
@click.option("--proof", type=click.File(encoding="utf-8"), help="上次会签以后只添没改的证明（prove --since）。")
@vkey_option
@click.pass_obj
@told
def countersign(
    context: CommandContext,
    note: Iterable[str],
    path: Path,
    name: str | None,
    proof: Iterable[str] | None,
    vkeys: Sequence[str],
) -> None:
    """镇里会签村里的封账 NOTE：和上次会签的接得上才签。在镇里自己的机器上跑，不用账本。"""
    witness = WitnessFile(path)
    if name is not None:
        _new_witness(context, witness, name)
    elif not path.exists():
        raise BrokenContract([Fault("name", "头一次用，写上 --name 镇里的名字")])
    signed = witness.countersign(read_note("".join(note)), read_vkeys(vkeys), _hashes(proof))
    click.echo(signed.full, nl=False)


def _new_witness(context: CommandContext, witness: WitnessFile, name: str) -> None:
    try:
        key = witness.create(name, context.services.random_bytes(KEY_BYTES))
    except FileExistsError:
        raise BrokenContract([Fault("name", f"{witness.path} 已经有了，不用再写 --name")]) from None
    except ValueError:
        raise BrokenContract([Fault("name", "名字里不能有空格和加号")]) from None
    click.echo(f"镇里的公钥（交给各村；merit-ledger key sheet 印成纸）：{key.text}", err=True)


def read_vkeys(given: Sequence[str]) -> list[VerifierKey]:
    """Keys from texts or from files that hold one a line (what follows a blank is left aside)."""
    found: list[VerifierKey] = []
    for text in given:
        lines = _text(Path(text)).splitlines() if len(text) < 200 and Path(text).is_file() else [text]
        found += [read_vkey(line.split()[0]) for line in lines if line.strip()]
    return found


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """On a terminal, ``what`` and how far it is, to be told after each page; nothing where nobody looks. Gone when it is done."""
    with Console(stderr=True).status(f"{what}…") as status:
        yield lambda done, of: status.update(f"{what}：{done:,} / {of:,} 笔")


def _paper(given: str) -> str:
    """A slip as typed or scanned, or a file that holds a slip or a note (and perhaps what ``checkpoint`` printed around it)."""
    if is_slip(given):
        return given.strip()
    path = Path(given)
    text = _text(path) if len(given) < 400 and path.is_file() else given
    slips = [word for word in text.replace("封账码：", " ").split() if is_slip(word)]
    if not slips:
        return text
    read_slip(slips[0])
    return slips[0]


def _hashes(lines: Iterable[str] | None) -> list[bytes]:
    found = [read_base64(line.strip()) for line in lines or () if line.strip()]
    hashes = [hash_ for hash_ in found if hash_ is not None and len(hash_) == HASH_BYTES]
    if len(hashes) != len(found):
        raise BrokenContract([Fault("proof", "证明一行一个哈希（base64），有一行不是")])
    return hashes


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenContract([Fault(str(path), "不是文字文件")]) from error


COMMANDS: tuple[click.Command, ...] = (checkpoint, prove_command, export_command, countersign)
IMPORT_COMMANDS: tuple[click.Command, ...] = (import_log_command,)
