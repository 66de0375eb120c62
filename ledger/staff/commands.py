"""``merit-ledger user …``: recovery at the console, where whoever holds the machine may do it; every use is audited."""

from __future__ import annotations

import sys

import click
from sqlalchemy import Connection

from ledger.staff.pins import set_pin
from ledger.staff.store import StaffMember, disable_staff, set_password, staff_by_login
from ledger.web.services import CommandContext
from schemas.problems import BrokenContract, Fault


@click.group("user")
def user() -> None:
    """干部和店员的账号：新开、重设密码、停用。"""


def read_password() -> str:
    """A password from a prompt (typed twice), or the first line of stdin when that is no terminal; never from arguments."""
    if sys.stdin.isatty():
        return click.prompt("密码", type=str, hide_input=True, confirmation_prompt="再写一遍")
    return sys.stdin.readline().rstrip("\r\n")


@user.command("password")
@click.argument("login")
@click.pass_obj
def password_command(context: CommandContext, login: str) -> None:
    """给 LOGIN 重设密码。原来登录着的都退出，错的次数清零。

    密码在提示后面写，或从标准输入读一行；不写在命令里，命令会留在历史记录中。
    """
    given, typed = context.services, read_password()
    given.database.write(lambda tx: set_password(tx, _known(tx, login), typed, given.wall.now()))
    click.echo(f"{login} 的密码改好了，原来登录着的都退出了。")


@user.command("pin")
@click.argument("login")
@click.pass_obj
def pin_command(context: CommandContext, login: str) -> None:
    """给 LOGIN 设柜台密码：4 到 6 位数字，换人看店、替人作保、作废时在柜台机上按。

    密码在提示后面写两遍，或从标准输入读一行。柜台机下次联网就认新的。
    """
    given, typed = context.services, read_password()
    given.database.write(lambda tx: set_pin(tx, _known(tx, login), typed, given.wall.now()))
    click.echo(f"{login} 的柜台密码设好了。")


@user.command("disable")
@click.argument("login")
@click.pass_obj
def disable_command(context: CommandContext, login: str) -> None:
    """停用 LOGIN：马上退出，再也登不上。以前记的账还写着是谁记的。"""
    given = context.services
    given.database.write(lambda tx: disable_staff(tx, _known(tx, login), given.wall.now()))
    click.echo(f"{login} 停用了。")


def _known(tx: Connection, login: str) -> StaffMember:
    member = staff_by_login(tx, login)
    if member is None:
        raise BrokenContract([Fault("login", f"没有账号 {login}，或已经停用")])
    return member
