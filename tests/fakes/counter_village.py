"""石桥村 as a counter knows it: households, goods, people, limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from kiosk.counter.values import Line, LineStatus
from schemas.kiosk_api import (
    Limits,
    Snapshot,
    SnapshotCard,
    SnapshotClerk,
    SnapshotGood,
    SnapshotHousehold,
    SnapshotOrder,
    SnapshotOrderLine,
    SnapshotVillage,
)
from schemas.tokens import make_token, token_hash

NOW = datetime(2026, 11, 25, 2, 18, tzinfo=UTC)  # a Wednesday, 10:18 in Shanghai
ONLINE = Line(LineStatus.ONLINE, 0)
OFFLINE = Line(LineStatus.OFFLINE, 3)
CLERK = "周玉兰"
PIN = "246810"
PIN_HASH = "$argon2id$v=19$m=8,t=1,p=1$CKSc0J3bxRZ+X+khi28d9g$tRvMJi7Noy19quXX3vdCfz2C51IsO6pkpYy4+lfQFz4"  # of PIN, made cheap
ORDER = UUID(int=4_455)
GOODS = (
    ("2000000000053", "酱油", "瓶", 5, 40, "调味"), ("2000000000015", "香皂", "块", 5, 40, "日用"),
    ("2000000000084", "食盐", "袋", 2, 80, "调味"), ("2000000000091", "牙膏", "支", 6, 50, "日用"),
    ("2000000000107", "毛巾", "条", 10, 50, "日用"), ("2000000000145", "卫生纸", "提", 18, 0, "日用"),
    ("2000000000022", "洗洁精", "瓶", 14, 30, "日用"), ("2000000000046", "洗衣液", "瓶", 20, 30, "日用"),
    ("2000000000060", "大米 5kg", "袋", 39, 60, "粮油"), ("2000000000077", "玉米油 5L", "桶", 85, 20, "粮油"),
    ("2000000000114", "垃圾袋", "卷", 1, 100, "日用"), ("2000000000169", "作业本", "本", 1, 120, "文具"),
    ("2000000000039", "绿豆", "斤", 15, 25, "粮油"), ("2000000000121", "钢丝球", "个", 1, 60, "日用"),
    ("2000000000138", "洗手液", "瓶", 5, 30, "日用"), ("2000000000152", "书包", "个", 105, 6, "文具"),
    ("2000000000176", "家庭装加厚不锈钢保温壶", "把", 60, 6, "日用"), ("2000000000183", "红糖", "袋", 8, 9, "食品"),
)  # fmt: skip
SOY, SOAP, OIL, PAPER_ROLL = GOODS[0][0], GOODS[1][0], GOODS[9][0], GOODS[5][0]


def token_of(household: int) -> str:
    """The token of that household's card."""
    return make_token("SQ", bytes(15) + bytes([household, 1]))


def village(decimals: int = 0, **limits: object) -> Snapshot:
    """石桥村: 0007 has 86 points and 5 on notice, 0008 owes 12, 0131 is a 上官 household without points; 18 goods."""
    unit = 10 if decimals else 1
    named: dict[str, object] = {
        "household_day": None, "visit": None, "offline_household_day": 30 * unit, "offline_kiosk_total": 200 * unit, "offline_days": 7,
        "no_card": 10 * unit,
    }  # fmt: skip
    people = (
        (7, "朱**", "1组", 86, 5, "open"),
        (8, "汤**", "2组", -12, 0, "blocked"),
        (131, "上官**", "6组", 0, 0, "open"),
    )
    return Snapshot(
        seq=100,
        taken_at=NOW - timedelta(minutes=26),
        village=SnapshotVillage(
            code="SQ", name="石桥村", shop_name="石桥村爱心超市", phone="555 0123", base="merit:", timezone="Asia/Shanghai",
            decimals=decimals,
        ),
        limits=Limits.model_validate(named | limits),
        goods=[
            SnapshotGood(barcode=code, name=name, unit=measure, price=price * unit, stock=stock, limit_visit=None, picture=kind)
            for code, name, measure, price, stock, kind in GOODS
        ],
        households=[
            SnapshotHousehold.model_validate({
                "number": f"{number:04}", "masked_name": name, "group": group, "balance": balance * unit, "floor": 0, "spent_today": 0,
                "on_notice": notice * unit, "on_notice_until": "2026-11-27" if notice else None, "state": state,
            })
            for number, name, group, balance, notice, state in people
        ],
        cards=[
            SnapshotCard(hash=token_hash(token_of(number)).hex(), household=f"{number:04}", tail="4187", state="active")
            for number, *_ in people
        ],
        clerks=[
            SnapshotClerk(login="zhou", name=CLERK),
            SnapshotClerk(login="wang", name="王秀英", pin_hash=PIN_HASH),
            SnapshotClerk(login="liang", name="梁国强", serves=False, supervises=True, pin_hash=PIN_HASH),
        ],
        orders=[
            SnapshotOrder(
                id=ORDER, number="1-000455", household="0007", total=39 * unit, until=date(2026, 12, 5),
                lines=[SnapshotOrderLine(barcode="2000000000060", name="大米 5kg", unit="袋", quantity=1, price=39 * unit)],
            )
        ],
    )  # fmt: skip
