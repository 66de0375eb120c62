"""The refusal table: every way an answer can be no, in order of precedence, with its words for both sides of the counter.

A refusal is a value, never an exception. Where several hold at once, only the first of the enumeration is told. Codes are stable and
frozen in outcomes; words may be bettered. Figures in braces are filled from the refusal; points are written in the village's unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from schemas.points import points_text

Figures = Mapping[str, str | int]
_POINTS = frozenset({"balance", "total", "missing", "floor", "limit", "left", "spent", "price", "shown", "issued"})


class RefusalCode(Enum):
    """Refusals in order of precedence: the code, what is said to the villager, what the person at the screen reads, the way out."""

    PAYMENT_CODE_NOT_CARD = (
        "payment_code_not_card",
        "这是付款码，这里扫积分卡",
        "扫到的是付款码，没有记下来，也没有扣钱",
        "换积分卡再扫",
    )
    RECEIPT_CODE_NOT_CARD = (
        "receipt_code_not_card",
        "这是小票上的码，这里扫积分卡",
        "这是小票的码",
        "要兑换，扫积分卡",
    )
    DOOR_CODE_NOT_CARD = ("door_code_not_card", "这里扫积分卡", "这是门上户牌的码", "扫积分卡")
    CODE_UNREADABLE = (
        "code_unreadable",
        "这张卡读不出来，再放一次",
        "读到的不全，或不是积分卡",
        "擦一擦再放；还不行，打 {phone} 换新卡",
    )
    WRONG_VILLAGE = (
        "wrong_village",
        "这是别的村的卡，要到那个村用",
        "这是 {village} 的卡，不是本村的",
        "打卡上的电话问",
    )
    CARD_UNKNOWN = (
        "card_unknown",
        "这张卡读不出来，拿到村里看一看",
        "名册里没有这张卡",
        "联网更新名册再扫；还没有，打 {phone}",
    )
    CARD_REPORTED_LOST = (
        "card_reported_lost",
        "这张卡已经停用，拿到村里看一看",
        "这张卡报过丢失，不能兑。不用收卡",
        "打 {phone}，当面认过人就能换新卡",
    )
    CARD_REPLACED = (
        "card_replaced",
        "您家有新卡了，带新卡来",
        "新卡已经用过，这张停用了",
        "拿新卡来；新卡找不到，按丢卡办",
    )
    HOUSEHOLD_CLOSED = ("household_closed", "拿到村里看一看", "这一户已经销户", "打 {phone}，村里能查到分转到哪里")
    HOUSEHOLD_BLOCKED = (
        "household_blocked",
        "您家先不能兑，加的分补齐就能兑，还差 {missing} 分",
        "记多了 {missing} 分，还没补齐，先不兑",
        "以后加的分会补上；不同意的，村里 30 天内能重看",
    )
    HOUSEHOLD_HELD = ("household_held", "您家先不能兑，拿到村里看一看", "村里停到 {day}，原因写在村里", "打 {phone}")
    SHOP_CLOSED_TODAY = ("shop_closed_today", "今天不兑换", "今天不是开门日，下次 {day}", "查余额照办")
    GOODS_UNKNOWN = ("goods_unknown", "这样东西还没有上架", "{good} 不在价目里", "先放一边；进货时录上就能兑")
    GOODS_SOLD_OUT = ("goods_sold_out", "这样东西没有了，换一样", "{good} 账上还有 {stock} 件", "换一样，或少拿几件")
    ORDERS_OFF = ("orders_off", "这里不订货，有货再来", "村里没开订货", "到货了再来兑")
    PRICE_CHANGED = (
        "price_changed",
        "价钱变了，听新的",
        "{good} 从 {shown} 分变成 {price} 分，篮子里换成新价了",
        "问村民还要不要，再按一次",
    )
    LIMIT_GOOD = ("limit_good", "这样东西一次最多 {most} 件", "{good} 一次最多 {most} 件", "少拿几件，或换一样")
    LIMIT_VISIT = ("limit_visit", "一次最多 {limit} 分，少拿一样", "一次最多 {limit} 分，现在 {total} 分", "少拿一样")
    LIMIT_HOUSEHOLD_DAY = (
        "limit_household_day",
        "今天还能兑 {left} 分，少拿一样",
        "一户一天最多 {limit} 分，今天已兑 {spent} 分",
        "少拿一样，或明天再来",
    )
    BELOW_FLOOR = (
        "below_floor",
        "您家有 {balance} 分，要留 {floor} 分，还差 {missing} 分",
        "有 {balance} 分，其中 {floor} 分是基础分要留着，还差 {missing} 分",
        "少拿一样",
    )
    NOT_ENOUGH_POINTS = (
        "not_enough_points",
        "您家有 {balance} 分，还差 {missing} 分，少拿一样",
        "有 {balance} 分，要 {total} 分，还差 {missing} 分",
        "少拿一样",
    )
    CASH_NOT_ALLOWED = ("cash_not_allowed", "这里不收现金，少拿一样", "村里没开现金补差", "少拿一样")
    CASH_CHANGED = (
        "cash_changed",
        "要补的钱变了，听新的",
        "现金和分对不上：村里现在 1 分抵 {rate} 元",
        "照新的数收，再按一次",
    )
    SECOND_PERSON_NEEDED = (
        "second_person_needed",
        "没带卡，要一位认得您的人",
        "按卡号要两个人：店主和一位认得的人",
        "叫一位来按密码，或回家拿卡",
    )
    LIMIT_NO_CARD = (
        "limit_no_card",
        "没带卡最多 {limit} 分，少拿一样",
        "按卡号一次最多 {limit} 分",
        "少拿一样，或回家拿卡",
    )
    LIMIT_PROXY = (
        "limit_proxy",
        "代领最多 {limit} 分，少拿一样",
        "代兑一次最多 {limit} 分，再多要第二个人",
        "少拿一样，或叫监督的人来按密码",
    )
    PIN_NEEDED = (
        "pin_needed",
        "超过 {limit} 分要按密码",
        "超过 {limit} 分要按户里的密码，现在 {total} 分",
        "把按键转过去让村民自己按；没设过的，到村里设",
    )
    PIN_WRONG = ("pin_wrong", "密码不对，再按一次", "密码不对，还能按 {tries} 次", "慢慢按；忘了到村里重设")
    PIN_LOCKED = (
        "pin_locked",
        "密码先停用，等 {minutes} 分钟",
        "按错 5 次，{minutes} 分钟后再来",
        "等一等，或不用密码兑 {limit} 分以内的",
    )
    OFFLINE_LIMIT_REACHED = (
        "offline_limit_reached",
        "没有网，今天还能兑 {left} 分，少拿一样",
        "没网时一户一天最多 {limit} 分，已兑 {spent} 分",
        "少拿一样，或等有网",
    )
    OFFLINE_TOTAL_REACHED = (
        "offline_total_reached",
        "没有网，今天兑满了，有网再来",
        "没网时这台机共兑 {limit} 分，到顶了",
        "查网线和路由器，打 {phone}",
    )
    OFFLINE_TOO_LONG = (
        "offline_too_long",
        "没有网，今天兑满了，有网再来",
        "{days} 天没联网，按规定先停兑",
        "打 {phone}；急用的，村里可派备用小票",
    )
    VOID_NEEDS_SUPERVISOR = ("void_needs_supervisor", "", "不是今天的单，或不是本人经手", "叫监督的人来按密码，写原因")
    SUPERSEDED = ("superseded", "", "这一单先前已按“东西拿走了”或“不换了”办过，这次不再记", "不用再办")
    HOLD_OVER = ("hold_over", "留的货过了日子，分已经退回，重新选", "预订过期，分已退回", "重新兑一次")
    HOLD_CAPTURED = ("hold_captured", "订的货已经取走了", "这份预订已经取过货", "看那张小票")
    HOLD_RELEASED = ("hold_released", "预订已经退了，重新选", "这份预订已经取消，分已退回", "重新兑一次")
    HOLD_EXCEEDED = (
        "hold_exceeded",
        "留的分不够，少拿一样",
        "订货留了 {limit} 分，要 {total} 分",
        "少拿一样，或重新兑一次",
    )
    ALREADY_REVERSED = ("already_reversed", "已经办过了，没有再扣分", "这一单已经作废过，分退过了", "看那张作废单")
    REVERSAL_NOT_REVERSIBLE = ("reversal_not_reversible", "", "这是作废单，不能再作废", "东西还要的，重新兑一次")
    OWN_HOUSEHOLD = ("own_household", "", "这是自己家的，由别人评", "{who}能复核")
    SAME_PERSON = ("same_person", "", "这一笔是自己记的，要另一位来评", "{who}能复核")
    QUORUM_MISSING = ("quorum_missing", "", "还要 {count} 人同意", "提醒{who}")
    ITEM_NOT_IN_FORCE = ("item_not_in_force", "", "“{item}”从 {day} 起才有，这件事早于那天", "选那天的评分表里的事")
    ITEM_NOT_HERE = ("item_not_here", "", "这一项只给{place}", "换一项")
    DAY_NOT_YET = ("day_not_yet", "", "日子还没到：{day}", "改成做事那天")
    CAP_REACHED = ("cap_reached", "", "{cap}已记满 {limit} 分，这次记 0 分", "留着记录不加分，或下月的事下月报")
    DUPLICATE_CLAIM = (
        "duplicate_claim",
        "",
        "同一户、同一天、同一件事，{who}已报，编号 {number}",
        "看那一份；真是两回事，写一句说明再交",
    )
    EVENT_ALREADY_USED = ("event_already_used", "", "这件事已经记过 {limit} 分", "看那一笔")
    NOT_WAITING = ("not_waiting", "", "这一笔已经{state}，现在不能再办", "看那一笔")
    OBJECTION_OPEN = ("objection_open", "", "这一行有意见没办完，先不到账", "监督小组最晚 {day} 回话")
    NOTICE_NOT_OVER = ("notice_not_over", "", "公示到 {day}晚 12 点，现在还不能到账", "到时自己会到账，不用再点")
    ISSUE_LIMIT_REACHED = (
        "issue_limit_reached",
        "",
        "已发 {issued} 分，加上这批 {total} 分，超过能兑的 {limit} 分",
        "少发一些，先进货进钱，或由负责人写明原因放行",
    )
    SETTLEMENT_EXCEEDED = (
        "settlement_exceeded",
        "",
        "店里收了没结的只有 {limit} 分，结不了 {total} 分",
        "改成 {limit} 分以内",
    )
    LINKED_REFUSED = ("linked_refused", "", "同一批里有一笔不能记，这一批都没有记", "改好那一笔，整批再交")
    KIOSK_REVOKED = ("kiosk_revoked", "机器要修，拿备用小票办", "村里停用了这台机，没传的还会传", "打 {phone}")

    def __init__(self, code: str, heard: str, seen: str, next_step: str) -> None:
        self.code = code
        self.heard = heard
        self.seen = seen
        self.next_step = next_step

    @property
    def precedence(self) -> int:
        """Place in the table: the lower is told first."""
        return _PRECEDENCE[self]

    @classmethod
    def of(cls, code: str) -> RefusalCode:
        """The member with that code. KeyError for an unknown one."""
        return _BY_CODE[code]


class FaultCode(Enum):
    """Machines and lines: nothing is decided yet, the same may be tried again. Words as in ``RefusalCode``."""

    LEDGER_UNREACHABLE = (
        "ledger_unreachable",
        "没有网，先记在机器上",
        "连不上村里的账，先记在机上",
        "照常办；看横条上的数",
    )
    PRINTER_NO_PAPER = ("printer_no_paper", "小票等一等，没有多扣分", "没纸了", "换纸，盖好，再点补打")
    PRINTER_COVER_OPEN = ("printer_cover_open", "小票等一等，没有多扣分", "打印机盖开着", "盖上，再点补打")
    PRINTER_CUTTER = ("printer_cutter", "小票等一等，没有多扣分", "切刀卡住了", "关电，取出纸屑，再开")
    PRINTER_UNKNOWN = (
        "printer_unknown",
        "小票等一等，没有多扣分",
        "不知道打没打出来",
        "看一眼出纸口，再点“打出来了”或“补打”",
    )
    PRINTER_LOST = ("printer_lost", "小票等一等，没有多扣分", "找不到打印机", "看电源和线；照样能兑，小票以后补打")
    SCANNER_LOST = ("scanner_lost", "", "找不到扫码器", "拔下再插")
    CLOCK_NOT_TRUSTED = ("clock_not_trusted", "", "时钟没对准，小票会写明", "照常办；有网会自己对")
    DISK_NEARLY_FULL = (
        "disk_nearly_full",
        "机器要修，拿备用小票办",
        "存储快满了，先不办新的",
        "打 {phone}；没传的都在，不要拔电",
    )
    VIRTUAL_DEVICE = (
        "virtual_device",
        "机器要修，拿备用小票办",
        "接的是演示用的假打印机或假扫码器，不能真兑",
        "接上真的，再重开这台机",
    )
    STICK_MISSING = ("stick_missing", "", "U盘副本不在", "插回原来那个；照常办")
    JOURNAL_GAP = ("journal_gap", "", "村里少收了 {count} 笔，正在从第 {from} 笔补传", "不用管；半天还没好，打 {phone}")
    JOURNAL_FORK = (
        "journal_fork",
        "机器要修，拿备用小票办",
        "有两台机用同一个号记账，这台先停",
        "打 {phone}；两边的记录都不要删",
    )
    ENTRY_QUARANTINED = ("entry_quarantined", "", "有 {count} 笔村里读不懂，先放一边，别的照常", "村里会看")
    SECOND_COPY_RUNNING = ("second_copy_running", "", "这台机已经开着一个，这个不开了", "用开着的那个")
    SNAPSHOT_STALE = ("snapshot_stale", "", "名册和价目是 {days} 天前的", "联网会自己更新；照旧价办")
    RESTORE_FIRST = (
        "restore_first",
        "",
        "这份账比纸上封的旧：纸上到 {paper} 笔，这里到 {here} 笔",
        "先不要记，打镇里电话",
    )

    def __init__(self, code: str, heard: str, seen: str, next_step: str) -> None:
        self.code = code
        self.heard = heard
        self.seen = seen
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, with the figures its words need. Figures that are points are in the minor unit."""

    code: RefusalCode
    figures: Figures = field(default_factory=dict)


def words(sentence: str, figures: Figures, *, decimals: int, phone: str = "") -> str:
    """``sentence`` with its figures: points in the village's unit, ``{phone}`` the village's telephone. A missing figure is "…"."""
    shown = {
        name: points_text(value, decimals) if name in _POINTS and isinstance(value, int) else str(value)
        for name, value in {"phone": phone, **figures}.items()
    }
    return sentence.format_map(_Lenient(shown))


class _Lenient(dict[str, str]):
    """A sentence is never lost for want of one figure."""

    def __missing__(self, key: str) -> str:
        return "…"


_PRECEDENCE = {member: place for place, member in enumerate(RefusalCode)}
_BY_CODE = {member.code: member for member in RefusalCode}
