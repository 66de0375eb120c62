"""One of every paper, with the figures of the design's examples."""

from __future__ import annotations

from functools import partial

from kiosk.receipts.every import Slip
from kiosk.receipts.slips import (
    CountedRow,
    CountedSlip,
    DayCloseSlip,
    DiagnosticsSlip,
    PassbookRow,
    PassbookSlip,
    ReceivedRow,
    ReceivedSlip,
    SealNote,
    SelfTestSlip,
    SpareSlip,
    VoidSlip,
    WrittenOffRow,
    WrittenOffSlip,
)
from kiosk.receipts.values import BalanceSlip, CashNote, ProxyNote, ReceiptLine, RedemptionReceipt, SlipNote

SHOP, PHONE = "石桥村爱心超市", "555 0123"
CODE = "https://jf.shiqiao.example/r/SQ3k9vT0qX7uYwB2mR8dLz5AeQ"
SEAL_CODE = f"https://jf.shiqiao.example/v/SQ/log#1297.{'r' * 43}.0a1b2c3d.{'s' * 86}"

_receipt = partial(RedemptionReceipt, shop_name=SHOP, clock_trusted=True, code=CODE, phone=PHONE, clerk="周**")

ONLINE = _receipt(
    title="兑换小票",
    number="1-000482",
    when_text="2026-11-18 10:24",
    who="汤**户 0007",
    card_tail="4187",
    lines=(ReceiptLine("酱油", 1, "瓶", "5", "5"), ReceiptLine("香皂", 1, "块", "5", "5")),
    total_text="10",
    before_text="65",
    after_text="55",
    check="9f3c 21ab",
)
CASH = _receipt(
    title="兑换小票",
    number="1-000484",
    when_text="2026-11-18 10:40",
    who="郝**户 0017",
    card_tail="0931",
    lines=(ReceiptLine("大米 5kg", 1, "袋", "39", "39"),),
    total_text="12",
    before_text="12",
    after_text="0",
    check="77b1 0e4f",
    cash=CashNote("39", "27.00", "1"),
)
PROXY = _receipt(
    title="代兑小票",
    number="1-000485",
    when_text="2026-11-18 10:52",
    who="阎**户 0008",
    card_tail="2260",
    lines=(ReceiptLine("洗衣液", 1, "瓶", "20", "20"), ReceiptLine("毛巾", 1, "条", "10", "10")),
    total_text="30",
    before_text="36",
    after_text="6",
    check="12aa 9c03",
    proxy=ProxyNote("阎*（孙辈）", "本人外出", "30"),
)
ENTERED = _receipt(
    title="补录小票",
    number="0-000031",
    when_text="2026-11-18 18:40",
    who="邓**户 0011",
    card_tail="",
    lines=(ReceiptLine("食盐", 2, "袋", "4", "2"), ReceiptLine("酱油", 1, "瓶", "5", "5")),
    total_text="9",
    before_text="46",
    after_text="37",
    check="51c4 08ee",
    slip=SlipNote(31, "2026-11-17（周二）"),
)
VOID = VoidSlip(
    shop_name=SHOP,
    number="1-000487",
    voided_number="1-000486",
    when_text="2026-11-18 11:06",
    clock_trusted=True,
    who="郭**户 0019",
    card_tail="5518",
    lines=(ReceiptLine("大米 5kg", 1, "袋", "39"), ReceiptLine("洗洁精", 1, "瓶", "14")),
    back_text="53",
    before_text="7",
    after_text="60",
    reason="拿错规格",
    phone=PHONE,
    clerk="周**",
    check="4be8 1f70",
)
PASSBOOK = PassbookSlip(
    shop_name=SHOP,
    who="姚**户 0020",
    card_tail="6402",
    when_text="2026-11-18 09:16",
    clock_trusted=True,
    rows=tuple(
        PassbookRow(*row)
        for row in (
            ("11-14", "义务劳动", "+5", "20"),
            ("11-07", "兑换 1-000431", "-14", "15"),
            ("11-01", "庭院 整洁", "+5", "29"),
            ("10-28", "集体清扫", "+5", "24"),
            ("10-20", "按时到会", "+1", "19"),
            ("10-16", "兑换 1-000377", "-20", "18"),
            ("10-09", "改正 多记了", "-5", "38"),
            ("10-01", "庭院 最清洁", "+10", "43"),
            ("09-26", "清理河道", "+3", "33"),
            ("09-18", "义务劳动", "+5", "30"),
            ("09-12", "兑换 1-000305", "-15", "25"),
            ("09-01", "庭院 整洁", "+5", "40"),
            ("08-22", "夜校宣讲", "+5", "35"),
            ("08-15", "治安巡防", "+10", "30"),
            ("08-01", "期初积分", "+20", "20"),
        )
    ),
    available_text="20",
    phone=PHONE,
    kiosk="1",
    as_of_seq=1284,
)
RECEIVED = ReceivedSlip(
    shop_name=SHOP,
    number="1-000490",
    when_text="2026-11-18 14:20",
    clock_trusted=True,
    donor="山泉毛巾厂",
    rows=(
        ReceivedRow("毛巾", 50, "条", "10.00", "500.00"),
        ReceivedRow("香皂", 40, "块", "5.00", "200.00", "2028-06"),
    ),
    amount_text="700.00",
    clerk="周**",
    check="a1d0 77c2",
)
COUNTED = CountedSlip(
    shop_name=SHOP,
    number="1-000495",
    when_text="2026-11-30 16:05",
    clock_trusted=True,
    rows=(
        CountedRow("大米 5kg", 58, 58),
        CountedRow("酱油", 37, 36, "瓶碎，已写损耗"),
        CountedRow("香皂", 76, 76),
        CountedRow("洗洁精", 29, 29),
        CountedRow("毛巾", 97, 98, "上次入库少点"),
        CountedRow("食盐", 80, 80),
    ),
    kinds=16,
    clerk="周**",
    check="e3f5 08b9",
)
WRITTEN_OFF = WrittenOffSlip(
    shop_name=SHOP,
    number="1-000496",
    when_text="2026-11-30 16:20",
    clock_trusted=True,
    rows=(
        WrittenOffRow("酱油", 37, 1, "瓶", "破损"),
        WrittenOffRow("家庭装加厚不锈钢保温壶", 6, 2, "把", "进来就有毛病"),
    ),
    clerk="周**",
    check="07be 5a11",
    second="梁**",
)
GIVEN_BY_HAND = ReceivedSlip(
    shop_name=SHOP,
    number="1-000491",
    when_text="2026-11-18 15:02",
    clock_trusted=True,
    donor="",
    rows=(
        ReceivedRow("大米 5kg", 10, "袋", "39.00", "390.00", "2027-05-31"),
        ReceivedRow("酱油", 24, "瓶", "5.50", "132.00", "2027-06-15"),
        ReceivedRow("毛巾", 5, "条", "10.00", "50.00"),
    ),
    amount_text="572.00",
    clerk="周**",
    check="5e20 c9d4",
)
DAY_CLOSE = DayCloseSlip(
    shop_name=SHOP,
    day_text="2026-11-18（周三）",
    kiosk="1",
    sales=12,
    points_text="312",
    offline_sales=3,
    offline_points_text="86",
    voids=1,
    voided_points_text="53",
    cash_sales=1,
    cash_text="27.00",
    received=1,
    received_pieces=90,
    reprints=2,
    net_text="259",
    first_number="1-000475",
    last_number="1-000491",
    unsent=0,
    to_look_at=1,
    seal=SealNote(1297, "18:02", ("孙女", "湖面", "蒸饭", "谷仓"), SEAL_CODE),
)
SELFTEST = SelfTestSlip(
    kiosk="1",
    when_text="2026-11-18 07:40",
    code="SELFTEST-1-202611180740",
    facts=(
        ("打印机回话", "全能（缺纸开盖都报）"),
        ("纸", "够"),
        ("盖", "关着"),
        ("切刀", "好"),
        ("最近100张", "确认 100 不明 0"),
    ),
)
DIAGNOSTICS = DiagnosticsSlip(
    when_text="2026-11-18 10:33",
    clock_trusted=True,
    facts=(
        ("机器", "柜台机 1（村码 SQ）"),
        ("版本", "1.4.2"),
        ("开机", "第 37 次 03:12 前"),
        ("时钟", "未校准，差约 -4 分"),
        ("网", "断，上次 07:52"),
        ("没上传", "3 笔  86 分"),
        ("上传到", "1-000480"),
        ("账链头", "c07e 5d10"),
        ("名册", "11-18 07:52 220 户"),
        ("打印机", "好  纸够"),
        ("扫码器", "好  最近 10:31"),
        ("屏幕", "好"),
        ("存储", "剩 11.2 GB"),
        ("U盘副本", "有  到 1-000483"),
        ("电压", "正常"),
        ("温度", "52 度"),
    ),
    events=("10:24 ledger_unreachable", "09:58 clock_not_trusted", "07:31 printer_no_paper 已好"),
    code="k=1 v=1.4.2 " + "x" * 87,
    phone="555 0188",
)
SPARE = SpareSlip(shop_name=SHOP, number=31, limit_text="30", phone=PHONE)
BALANCE = BalanceSlip(
    shop_name=SHOP,
    when_text="2026-11-18 09:15",
    clock_trusted=True,
    who="汤**户 0007",
    card_tail="4187",
    available_text="60",
    on_notice_text="5",
    on_notice_note="没有人提意见，11月21日到账",
    held_text="0",
    today_text="50",
    year_note="到年底没用完的，转到明年。",
    phone=PHONE,
    kiosk="1",
    as_of_seq=1284,
)

PAPERS: dict[str, Slip] = {
    "cash": CASH,
    "proxy": PROXY,
    "slip": ENTERED,
    "void": VOID,
    "passbook": PASSBOOK,
    "received": RECEIVED,
    "given_by_hand": GIVEN_BY_HAND,
    "counted": COUNTED,
    "written_off": WRITTEN_OFF,
    "day_close": DAY_CLOSE,
    "selftest": SELFTEST,
    "diagnostics": DIAGNOSTICS,
    "spare": SPARE,
    "balance": BALANCE,
}
