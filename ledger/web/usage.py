"""What is wrong with a command or with what it was given, in the village's words: click itself says it in English."""

from __future__ import annotations

import re

import click

from schemas.canonical import MAX_INTEGER
from schemas.problems import Fault

_NO_COMMAND = re.compile(r"No such command '([^']*)'")
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)")
_HAN = re.compile(r"[\u4e00-\u9fff]")


_CALLED = {
    "amount": "分数", "code": "村码", "file": "文件", "household": "户号", "item": "事项", "login": "账号", "name": "名字", "note": "说明",
    "number": "号", "out": "--out", "password": "密码", "phone": "电话", "quantity": "次数", "village": "村码",
}  # fmt: skip


def fault_text(fault: Fault) -> str:
    """One fault on one line: what it is about, unless its sentence says so, and the sentence."""
    about = _CALLED.get(fault.field, fault.field)
    return f"{about}：{fault.words}" if about and about not in fault.words else fault.words


def usage_text(error: click.UsageError) -> str:
    """Two lines: what is wrong and what is wanted, then where to read on."""
    command = error.ctx.command_path if error.ctx else "merit-ledger"
    return f"{_wrong(error)}。\n怎么写，看 {command} --help"


def _wrong(error: click.UsageError) -> str:
    if isinstance(error, click.MissingParameter):
        return f"还没写 {_name(error.param)}"
    if isinstance(error, click.NoSuchOption):
        meant = f"，是不是 {'、'.join(sorted(error.possibilities))}" if error.possibilities else ""
        return f"没有 {error.option_name} 这一项{meant}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} 后面还没写内容"
    if isinstance(error, click.BadParameter):
        own = error.message.rstrip("。") if _HAN.search(error.message) else _wanted(error.param)
        return f"{_name(error.param)} 这一处：{own or error.message.rstrip('.')}"
    if found := _NO_COMMAND.match(error.message):
        return f"没有 {found[1]} 这个命令"
    if found := _EXTRA.match(error.message):
        return f"多写了 {found[1]}"
    return error.message.rstrip(".。")


def _name(param: click.Parameter | None) -> str:
    """How it is written: ``--village``, ``NUMBER``."""
    if param is None:
        return "内容"
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


def _wanted(param: click.Parameter | None) -> str:
    """What would have been right, "" where the kind of value does not say."""
    kind = param.type if param else None
    if isinstance(kind, click.IntRange):
        if kind.max is None or kind.max >= MAX_INTEGER:
            return f"写 {kind.min or 0} 以上的整数"
        return f"写 {kind.min or 0} 到 {kind.max} 之间的整数"
    if isinstance(kind, click.types.IntParamType):
        return "写整数"
    if isinstance(kind, click.DateTime):
        return "日子写成 2026-11-16 这样"
    if isinstance(kind, click.Choice):
        return f"从这些里选：{'、'.join(str(choice) for choice in kind.choices)}"
    if isinstance(kind, click.Path | click.File):
        return "没有这个文件，或打不开"
    return ""
