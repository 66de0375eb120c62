"""Closed lists of reasons: the code that an entry holds, and its words on screen and paper. A reason never says an illness."""

from __future__ import annotations

from typing import Literal

ProxyReason = Literal["away", "cannot_leave", "entrusted"]
VoidReason = Literal["wrong_goods", "not_wanted", "wrong_count", "wrong_household", "faulty_goods"]
CountReason = Literal["broken", "expired", "missing", "miscounted", "not_recorded"]
WriteOffReason = Literal["broken", "expired", "damp", "faulty_delivery"]

PROXY_REASONS: dict[ProxyReason, str] = {"away": "本人外出", "cannot_leave": "家里走不开", "entrusted": "托人带"}
VOID_REASONS: dict[VoidReason, str] = {
    "wrong_goods": "拿错规格",
    "not_wanted": "不要了",
    "wrong_count": "数量记错",
    "wrong_household": "记错了户",
    "faulty_goods": "东西有毛病",
}
COUNT_REASONS: dict[CountReason, str] = {
    "broken": "破损",
    "expired": "过期",
    "missing": "找不到",
    "miscounted": "上次数错",
    "not_recorded": "进出时漏记",
}
WRITE_OFF_REASONS: dict[WriteOffReason, str] = {
    "broken": "破损",
    "expired": "过期",
    "damp": "受潮",
    "faulty_delivery": "进来就有毛病",
}
