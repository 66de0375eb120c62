"""``merit-ledger``: every room's commands under one name, settings read once, trouble turned into exit codes.

0 done · 1 the answer is no · 2 bad usage or bad input, all faults listed · 3 a fault, crashes included.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import click

from ledger.awards.commands import award, due, review
from ledger.boards.key_commands import key_group
from ledger.boards.log_commands import COMMANDS as LOG
from ledger.boards.log_commands import IMPORT_COMMANDS as LOG_IMPORTS
from ledger.boards.township_commands import countersign
from ledger.commands import NOT_READY, balance, distribute_command, init, is_ready, serve, verify
from ledger.config import ledger_settings
from ledger.kiosks.commands import kiosk_group
from ledger.people.commands import card_group, household_pin
from ledger.people.import_commands import import_group
from ledger.scheme.commands import import_rulebook
from ledger.shop.commands import import_goods
from ledger.shop.money_commands import money_group
from ledger.staff.commands import user
from ledger.staff.passwords import TooBusy
from ledger.storage.writer import StorageFault
from ledger.villages.commands import village_group
from ledger.web.services import CommandContext, Services, open_services
from ledger.web.usage import fault_text, usage_text
from schemas.problems import BrokenContract

BAD_INPUT, FAULT = 2, 3
CONFIG_NAME = "MERIT_LEDGER_CONFIG"
TRACEBACK_NAME = "MERIT_LEDGER_TRACEBACK"
_MORE = "\n"  # below the first line stand the statement and a link for programmers


class LedgerGroup(click.Group):
    """A group that tells every kind of trouble in words and with its exit code; a traceback only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which a village needs them."""
        return list(self.commands)

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        """Read what stands before the command; what is written wrong is told in our words."""
        try:
            return super().make_context(*given, **more)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            click.echo(usage_text(error), err=True)
            raise click.exceptions.Exit(BAD_INPUT) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; trouble becomes words on stderr and the code to exit with."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            click.echo(usage_text(error), err=True)
            ctx.exit(BAD_INPUT)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenContract as error:
            for fault in error.faults:
                click.echo(fault_text(fault), err=True)
            click.echo(f"没有办，共 {len(error.faults)} 处要改。", err=True)
            ctx.exit(BAD_INPUT)
        except (StorageFault, TooBusy, OSError) as error:
            if ctx.invoked_subcommand != "init" and isinstance(error, StorageFault) and not is_ready(ctx.obj.services):
                click.echo(f"{NOT_READY}。", err=True)
                ctx.exit(BAD_INPUT)
            click.echo(f"机器出了事，没办成，账没有动：{str(error).partition(_MORE)[0]}", err=True)
            ctx.exit(FAULT)
        except Exception as error:
            if TRACEBACK_NAME in os.environ:
                traceback.print_exc()
            click.echo(f"程序出错，没办成：{type(error).__name__}（要看细节，设 {TRACEBACK_NAME}=1 再跑）", err=True)
            ctx.exit(FAULT)


@click.group(cls=LedgerGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar=CONFIG_NAME,
    help="设置文件（TOML），也可以由环境变量 MERIT_LEDGER_CONFIG 指明。",
)
@click.version_option(package_name="village-merit", prog_name="merit-ledger")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """村里的积分账本。

    设置写在 TOML 文件里，或写成环境变量 MERIT_LEDGER_名字（盖过文件）：data_dir、database_url、host、port、public_url、
    demo、clock_file、secure_cookies。写错名字的不启动，错在哪里一次说全。

    退出码：0 办好了；1 回答是“不”；2 写法或内容不对；3 机器出了事。
    """
    context.obj = CommandContext(lambda: _services(config))
    context.call_on_close(context.obj.close)


def main() -> None:
    """The entry point of the installed program."""
    cli(prog_name="merit-ledger")


def _services(config: Path | None) -> Services:
    toml = config.read_text("utf-8") if config else ""
    environ = {name: value for name, value in os.environ.items() if name not in (CONFIG_NAME, TRACEBACK_NAME)}
    return open_services(ledger_settings(toml, environ))


for imported in (import_goods, import_rulebook, *LOG_IMPORTS):
    import_group.add_command(imported)
SETTING_UP = (init, distribute_command, village_group, user, import_group, card_group, household_pin, kiosk_group)
DAILY = (award, review, due, balance, money_group, verify, serve)
for command in (*SETTING_UP, *DAILY, *LOG, countersign, key_group):
    cli.add_command(command)
