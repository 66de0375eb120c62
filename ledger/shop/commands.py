"""``merit-ledger import goods``: a goods list, as on the office page."""

from __future__ import annotations

from ledger.people.import_commands import import_command
from ledger.shop.goods_import import GoodsImporter

import_goods = import_command(GoodsImporter())
