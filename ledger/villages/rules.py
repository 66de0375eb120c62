"""What a new village's settings must be. Pure: values in, faults out."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from ipaddress import ip_address

from schemas.canonical import MAX_INTEGER
from schemas.problems import Fault
from schemas.tokens import is_village_code

KIOSK_ONLY = "merit:"
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,120}|\[[0-9a-fA-F:]{2,39}\])(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]{0,60})?"
)
_BASE_WORDS = "码的地址写 merit: ，或 https 开头的网址（http 只能是本机），现在是“{base}”"
MOST_NOTICE_DAYS, MOST_QUORUM, MOST_OFFLINE_DAYS = 30, 9, 60


@dataclass(frozen=True, slots=True)
class NewVillage:
    """A village as it is to be. Limits in the minor unit, None is none; ``base`` is where card codes point.

    The counter's settings, from ``limit_no_card`` on, are explained in ``schemas.kiosk_api.Limits``; ``open_weekdays`` is "135" for
    Mondays, Wednesdays and Fridays.
    """

    code: str
    name: str
    phone: str
    shop_name: str = "爱心超市"
    timezone: str = "Asia/Shanghai"
    base: str = KIOSK_ONLY
    notice_days: int = 3
    quorum: int = 2
    limit_visit: int | None = None
    limit_household_day: int | None = None
    offline_household_day: int = 30
    offline_kiosk_total: int = 500
    offline_days: int = 7
    limit_no_card: int = 20
    limit_proxy: int | None = 30
    pin_above: int | None = None
    cash_allowed: bool = False
    fen_per_point: int = 100
    open_weekdays: str = "1234567"
    order_days: int = 7
    substitute: bool = True
    clerk_pin: bool = False
    signature_stub: bool = False
    low_stock: int = 5
    idle_s: int = 60
    decimals: int = 0


def village_faults(new: NewVillage, timezones: Container[str]) -> list[Fault]:
    """Everything wrong with the settings, in the order of the fields; empty when the village can be added."""
    return [
        *_name_faults(new),
        *(
            []
            if new.timezone in timezones
            else [Fault("timezone", f"没有“{new.timezone}”这个时区，写成 Asia/Shanghai")]
        ),
        *([] if is_base(new.base) else [Fault("base", _BASE_WORDS.format(base=new.base))]),
        *_between("notice_days", "公示天数", new.notice_days, MOST_NOTICE_DAYS),
        *_between("quorum", "同意人数", new.quorum, MOST_QUORUM),
        *_between("offline_days", "离线天数", new.offline_days, MOST_OFFLINE_DAYS),
        *_limit_faults(new),
        *_counter_faults(new),
        *([] if new.decimals in (0, 1) else [Fault("decimals", f"小数位写 0 或 1，现在是 {new.decimals}")]),
    ]


def is_base(base: str) -> bool:
    """True for ``merit:`` and for an HTTPS address; plain HTTP only on loopback, where the demo runs."""
    if base == KIOSK_ONLY:
        return True
    found = _ADDRESS.fullmatch(base)
    return found is not None and (found["scheme"] == "https" or _is_loopback(found["host"]))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _name_faults(new: NewVillage) -> list[Fault]:
    faults = []
    if not is_village_code(new.code):
        faults.append(Fault("code", f"村码是 2 到 12 个大写字母和数字，字母开头，现在是“{new.code}”"))
    for field, label, text, most in (
        ("name", "村名", new.name, 40),
        ("shop_name", "店名", new.shop_name, 40),
        ("phone", "电话", new.phone, 20),
    ):
        if not text.strip():
            faults.append(Fault(field, f"还没写{label}"))
        elif len(text) > most or not text.isprintable():
            faults.append(Fault(field, f"{label}写成一行，最多 {most} 个字"))
    return faults


def _between(field: str, label: str, number: int, most: int) -> list[Fault]:
    return [] if 1 <= number <= most else [Fault(field, f"{label}写 1 到 {most} 之间的整数，现在是 {number}")]


def _counter_faults(new: NewVillage) -> list[Fault]:
    faults = [
        Fault(field, f"{label}写 {least} 到 {most} 之间的整数，现在是 {number}")
        for field, label, number, least, most in (
            ("fen_per_point", "1 分抵几分钱", new.fen_per_point, 1, 100_000),
            ("order_days", "订的货留几天", new.order_days, 0, 60),
            ("low_stock", "快没了的数", new.low_stock, 0, 9_999),
            ("idle_s", "不动几秒收起来", new.idle_s, 20, 600),
            ("limit_no_card", "没带卡一次最多兑", new.limit_no_card, 0, MAX_INTEGER),
        )
        if not least <= number <= most
    ]
    if not re.fullmatch(r"(?=.)1?2?3?4?5?6?7?", new.open_weekdays):
        faults.append(Fault("open_weekdays", f"开门的日子写成 135（周一、三、五），现在是“{new.open_weekdays}”"))
    return faults


def _limit_faults(new: NewVillage) -> list[Fault]:
    limits = (
        ("limit_visit", "一次最多兑", new.limit_visit),
        ("limit_household_day", "一户一天最多兑", new.limit_household_day),
        ("offline_household_day", "没网时一户一天最多兑", new.offline_household_day),
        ("offline_kiosk_total", "没网时一台机共兑", new.offline_kiosk_total),
        ("limit_proxy", "代兑一次最多兑", new.limit_proxy),
        ("pin_above", "按密码的界限", new.pin_above),
    )
    return [
        Fault(field, f"{label}的分要比 0 大，现在是 {limit}")
        for field, label, limit in limits
        if limit is not None and not 1 <= limit <= MAX_INTEGER
    ]
