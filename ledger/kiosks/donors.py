"""Who gave goods: nobody types at the counter, so a new donor's name is entered here, from the signed paper, under its 单号."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import Connection, select

from ledger.kiosks.names import put_name
from ledger.kiosks.tables import entry_names
from ledger.shop.stock import paper_by_number
from ledger.shop.tables import stock_papers
from ledger.shop.values import StockPaper
from schemas.beside import SALT_BYTES, Beside
from schemas.problems import BrokenContract, Fault

LISTED = 6  # as many as the counter's small screen shows at once
LONGEST = 20
_BLANKS = re.compile(r"\s+")


def donation(tx: Connection, village_id: int, number: str) -> StockPaper | None:
    """The paper of goods that were given, by its 单号; None for no such paper."""
    paper = paper_by_number(tx, village_id, number)
    return paper if paper is not None and paper.source == "donated" else None


def name_donor(
    tx: Connection, village_id: int, paper: StockPaper, typed: str, random_bytes: Callable[[int], bytes]
) -> None:
    """From now on that name stands beside the paper; one that stood there is gone. Raises BrokenContract for none."""
    name = _BLANKS.sub(" ", typed).strip()
    if not name:
        raise BrokenContract([Fault("donor", "还没写谁捐的")])
    if len(name) > LONGEST or not name.isprintable():
        raise BrokenContract([Fault("donor", f"名字最多 {LONGEST} 个字，现在 {len(name)} 个")])
    put_name(tx, village_id, paper.paper_id, "donor", Beside(text=name, salt=random_bytes(SALT_BYTES).hex()))


def donor_names(tx: Connection, village_id: int) -> list[str]:
    """Who gave before, the last first, each once: what the counter offers."""
    given = (stock_papers.c.village_id == entry_names.c.village_id) & (
        stock_papers.c.paper_id == entry_names.c.entry_id
    )
    query = (
        select(entry_names.c.text)
        .join(stock_papers, given)
        .where(entry_names.c.village_id == village_id, entry_names.c.key == "donor")
        .order_by(stock_papers.c.at.desc(), stock_papers.c.number.desc())
    )
    return list(dict.fromkeys(tx.execute(query).scalars()))[:LISTED]
