"""The rule book's JSON as something to import: read, look, adopt as the next version."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from ledger.people.importing import Applied, Preview
from ledger.scheme.parsing import parse_rule_book
from ledger.scheme.store import adopt, latest
from ledger.scheme.values import Draft, RuleBook
from ledger.villages.store import Village
from schemas.points import points_text
from schemas.problems import BrokenContract, Fault


class RuleBookImporter:
    """The rule book as something to import; in force from the day it is imported."""

    kind = "rulebook"
    title = "评分表"
    accept = ".json"
    columns = "一个 JSON 文件，样子照村里导出的那份"

    def preview(self, tx: Connection, village: Village, data: bytes) -> Preview:
        """Which items would be new, changed or gone."""
        try:
            draft = parse_rule_book(data, village.decimals)
        except BrokenContract as broken:
            return Preview("还没换", moves=False, faults=broken.faults)
        now_in = latest(tx, village.village_id)
        size = f"{len(draft.areas)} 类 {len(draft.items)} 项"
        if now_in is not None and now_in.body == draft.body:
            return Preview(f"和第 {now_in.version} 版一样，{size}，不用换", moves=False)
        version = 1 if now_in is None else now_in.version + 1
        return Preview(f"第 {version} 版，{size}", moves=True, changes=_changes(now_in, draft, village.decimals))

    def apply(self, tx: Connection, village: Village, data: bytes, now: datetime, actor: str) -> Applied:
        """Adopt it from the village's today on."""
        return adopt_file(tx, village, data, now=now, by=actor, in_force_from=village.today(now))


def adopt_file(
    tx: Connection, village: Village, data: bytes, *, now: datetime, by: str, in_force_from: date
) -> Applied:
    """Adopt a file from a day on. BrokenContract with every fault of the file, or for a day before the last version's."""
    draft = parse_rule_book(data, village.decimals)
    last = latest(tx, village.village_id)
    if last is not None and last.body != draft.body and in_force_from < last.in_force_from:
        words = f"第 {last.version} 版从 {last.in_force_from} 起用，新的一版不能早于那天"
        raise BrokenContract([Fault("in_force_from", words)])
    adopted = adopt(tx, village.village_id, draft, now=now, by=by, in_force_from=in_force_from)
    if not adopted.new:
        return Applied(f"和第 {adopted.version} 版一样，没有换")
    return Applied(f"第 {adopted.version} 版从 {in_force_from} 起用，{len(draft.areas)} 类 {len(draft.items)} 项")


def _changes(last: RuleBook | None, draft: Draft, decimals: int) -> tuple[str, ...]:
    before = {} if last is None else {item.code: item for item in last.items}
    after = {item.code: item for item in draft.items}
    told = []
    for code, item in after.items():
        points = points_text(item.points, decimals)
        if code not in before:
            told.append(f"加上 {code} {item.name}，{item.unit} {points} 分")
        elif before[code] != item:
            told.append(f"改了 {code} {item.name}，{item.unit} {points} 分")
    return (*told, *(f"去掉 {code} {item.name}" for code, item in before.items() if code not in after))
