"""``merit-ledger countersign``: the township's part of the log, on its own machine, without a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ledger.boards.log_arguments import read_vkeys, vkey_option
from ledger.book.witness import NotConsistent, WitnessFile
from ledger.web.services import CommandContext
from schemas.merkle import HASH_BYTES
from schemas.notes import KEY_BYTES, read_base64, read_note
from schemas.problems import BrokenContract, Fault

ANSWER_IS_NO = 1


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
    try:
        signed = witness.countersign(read_note("".join(note)), read_vkeys(vkeys), _hashes(proof))
    except NotConsistent as error:
        click.echo(f"没有会签（{error.code}）：{error.words}", err=True)
        click.echo(f"先前的：\n{error.earlier.full}\n这一份：\n{error.later.full}", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO) from None
    click.echo(signed.full, nl=False)


def _new_witness(context: CommandContext, witness: WitnessFile, name: str) -> None:
    try:
        key = witness.create(name, context.services.random_bytes(KEY_BYTES))
    except FileExistsError:
        raise BrokenContract([Fault("name", f"{witness.path} 已经有了，不用再写 --name")]) from None
    except ValueError:
        raise BrokenContract([Fault("name", "名字里不能有空格和加号")]) from None
    click.echo(f"镇里的公钥（交给各村；merit-ledger key sheet 印成纸）：{key.text}", err=True)


def _hashes(lines: Iterable[str] | None) -> list[bytes]:
    found = [read_base64(line.strip()) for line in lines or () if line.strip()]
    hashes = [hash_ for hash_ in found if hash_ is not None and len(hash_) == HASH_BYTES]
    if len(hashes) != len(found):
        raise BrokenContract([Fault("proof", "证明一行一个哈希（base64），有一行不是")])
    return hashes
