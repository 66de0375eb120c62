"""The commands that belong to no room: ``init``, ``distribute``, ``serve``, ``balance``, ``verify``."""

from __future__ import annotations

import gc
import sqlite3
from pathlib import Path
from typing import Any

import click
import structlog
import waitress

from ledger.app import create_app
from ledger.awards.jobs import crediting
from ledger.boards.log_against import against_paper, counting
from ledger.boards.log_arguments import vkey_option
from ledger.book.reading import account_of, balances
from ledger.book.values import Account, AccountKind, household_account
from ledger.book.verify import Report
from ledger.book.verify import verify as verify_book
from ledger.config import LedgerSettings
from ledger.migrations.runner import is_current, upgrade
from ledger.storage.columns import METADATA
from ledger.storage.distributing import Obstacle, distribute, obstacle, plan, surroundings
from ledger.storage.engines import Engines
from ledger.storage.writer import StorageFault
from ledger.villages.commands import village_named
from ledger.villages.store import Village, all_villages
from ledger.web.logs import log_as_json
from ledger.web.secret import ensure_secret
from ledger.web.services import CommandContext, Services
from ledger.web.shell import BODY_LIMIT
from schemas.points import points_text
from schemas.problems import BrokenContract, Fault

ANSWER_IS_NO = 1
NOT_READY = "账本还没备好，或表不是最新的：先跑 merit-ledger init"
THREADS = 8  # a posting waits for the writer thread, not for a core
_OBSTACLES = {
    Obstacle.NOT_POSTGRESQL: "这里用的是 SQLite，不用分片。真要分片，先把 database_url 指到 Citus 的协调节点",
    Obstacle.NO_CITUS: "这台 PostgreSQL 没有 citus 扩展。先在协调节点上 CREATE EXTENSION citus",
    Obstacle.NO_TRIGGERS: "citus.enable_unsafe_triggers 没有开，守着账本的触发器就上不去。"
    "先 ALTER DATABASE 库名 SET citus.enable_unsafe_triggers TO on",
}
_log = structlog.get_logger("ledger")


@click.command()
@click.pass_obj
def init(context: CommandContext) -> None:
    """备好数据目录、密钥文件和表。再跑一次不碍事：已经有的不动，缺的补上。"""
    given = context.services
    settings = given.settings
    fresh = not settings.data_dir.exists()
    made = ensure_secret(settings.secret_file, given.random_bytes)
    click.echo(f"{'新建' if fresh else '已有'}  数据目录 {settings.data_dir}")
    click.echo(f"{'新建' if made else '已有'}  密钥 {settings.secret_file}（只有本用户能读）")
    current = is_current(given.database)
    if not current:
        upgrade(given.database)
    click.echo(f"{'已有' if current else '建好'}  表 {given.database.engines.write.dialect.name}")
    click.echo("下一步：merit-ledger village add --help")


@click.command("distribute")
@click.pass_obj
def distribute_command(context: CommandContext) -> None:
    """在 Citus 的协调节点上，把各村的表按村分片，公用的几张表每个节点放一份。

    一个县、一个省几千个村才用得着。在 init 之后、添村之前跑；断了再跑一次，接着做。办不了，说为什么，退出码是 1。
    """
    given = context.services
    if reason := obstacle(surroundings(given.database)):
        click.echo(f"没有分片：{_OBSTACLES[reason]}。", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO)
    if not is_current(given.database):
        raise BrokenContract([Fault("", "表还没建好，或不是最新的：先跑 merit-ledger init")])
    for step, fresh in distribute(given.database, plan(METADATA)):
        how = "每个节点一份" if step.reference else f"按 {step.key} 分"
        click.echo(f"{'分好' if fresh else '已有'}  {step.table}  {how}")


@click.command()
@click.option("--host", help="听哪个地址，盖过设置。")
@click.option("--port", type=click.IntRange(1, 65535), help="听哪个口，盖过设置。")
@click.pass_obj
def serve(context: CommandContext, host: str | None, port: int | None) -> None:
    """开服务，到按 Ctrl-C 为止。表不是最新的不开，先跑 merit-ledger init。"""
    given = context.services
    if not given.settings.secret_file.exists() or not is_current(given.database):
        raise BrokenContract([Fault("", NOT_READY)])
    log_as_json()
    app = create_app(given)
    where = {"host": host or given.settings.host, "port": port or given.settings.port}
    _log.info("starting", **where, **journal_choice(given.database.engines), demo=given.settings.demo)
    settle()
    with crediting(given):
        waitress.serve(
            app, **where, **proxy(given.settings), threads=THREADS, max_request_body_size=BODY_LIMIT, ident=""
        )


def settle() -> None:
    """What was loaded by now stays for good: the collector need not walk it again and again, a seventh of a posting's time."""
    gc.collect()
    gc.freeze()


def proxy(settings: LedgerSettings) -> dict[str, Any]:
    """What waitress believes of ``X-Forwarded-…``: nothing, unless a public HTTPS address says that a proxy on this machine
    ends the TLS; then its last hop alone, so that nobody writes their own address."""
    if not settings.public_url.startswith("https://"):
        return {"clear_untrusted_proxy_headers": True}
    told = {"x-forwarded-for", "x-forwarded-proto"}
    return {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": told, "clear_untrusted_proxy_headers": True}


def is_ready(given: Services) -> bool:
    """False when the tables are missing or older than the program; True as well where the database cannot say."""
    _, file, path = given.settings.url.partition("sqlite:///")
    if file and not Path(path).exists():
        return False
    try:
        return is_current(given.database)
    except StorageFault:
        return True


def journal_choice(engines: Engines) -> dict[str, str]:
    """Which journal the database keeps and why, for the log."""
    if engines.journal is None:
        return {"engine": engines.write.dialect.name}
    version = sqlite3.sqlite_version
    reason = "has the WAL-reset fix" if engines.journal == "wal" else "lacks the WAL-reset fix"
    return {"engine": "sqlite", "journal": engines.journal, "because": f"SQLite {version} {reason}"}


@click.command()
@click.argument("household", required=False)
@click.option("--village", "code", required=True, help="村码，如 SQ。")
@click.pass_obj
def balance(context: CommandContext, household: str | None, code: str) -> None:
    """看 HOUSEHOLD（户号）现在有多少分；不写户号，全村各户都列出来，一行一户。

    没有这一户，退出码是 1。
    """
    given = context.services
    village = given.database.read(lambda tx: village_named(tx, code))
    if household is None:
        found = given.database.read(lambda tx: balances(tx, village.village_id, AccountKind.HOUSEHOLD))
        for account in sorted(found.values(), key=lambda account: account.code):
            click.echo(_line(account, village))
        return
    try:
        account = given.database.read(lambda tx: account_of(tx, village.village_id, household_account(household)))
    except LookupError:
        click.echo(f"{village.name}没有户号 {household}", err=True)
        raise click.exceptions.Exit(ANSWER_IS_NO) from None
    click.echo(_line(account, village))


@click.command()
@click.option("--village", "code", help="只对一个村，写村码；不写，每个村都对。")
@click.option(
    "--against", "papers", metavar="纸", multiple=True, help="封账码，或装着封账的文件：看账还是不是纸上那本。"
)
@vkey_option
@click.pass_obj
def verify(context: CommandContext, code: str | None, papers: tuple[str, ...], vkeys: tuple[str, ...]) -> None:
    """从第一笔起，把账重算一遍，和存着的逐笔对。对得上退出码是 0，有一处对不上是 1，并说是第几笔。

    边开着服务边对也行。--against 再和留在外面的纸对：改过、删过、拿旧备份顶上的，只有这样才看得出。可以写几次。
    """
    if papers and code is None:
        raise BrokenContract([Fault("--village", "写明是哪个村的纸")])
    given = context.services
    villages = given.database.read(lambda tx: [village_named(tx, code)] if code else all_villages(tx))
    sound = [_verify(given, village).ok for village in villages]
    sound += [against_paper(given, village, paper, vkeys).ok for village in villages for paper in papers]
    if not villages:
        click.echo("还没有村，没有账可对。")
    if not all(sound):
        raise click.exceptions.Exit(ANSWER_IS_NO)


def _verify(given: Services, village: Village) -> Report:
    with counting(f"正在对 {village.name}（{village.code}）的账") as progress:
        report = verify_book(given.database, village.village_id, village=village.code, progress=progress)
    if report.ok:
        click.echo(f"{village.code} 对过了：{report.transfers:,} 笔全对，根 {report.root.hex()}")
        return report
    place = f"第 {report.first_bad} 笔对不上" if report.first_bad is not None else "合计对不上"
    click.echo(f"{village.code} {place}。先不要再记，打镇里电话。")
    for problem in report.problems:
        click.echo(f"  {problem}")
    return report


def _line(account: Account, village: Village) -> str:
    number = account.code.removeprefix(household_account(""))
    return f"{number}\t{points_text(account.balance, village.decimals)}"
