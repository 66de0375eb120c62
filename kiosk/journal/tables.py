"""The journal's tables. What was written is never changed: triggers refuse UPDATE, DELETE and every INSERT that would replace a row.

``entries`` are numbered without gaps. ``about`` is the sale that a later entry speaks of. ``outcomes``, ``receipts`` and ``paper`` only
grow as well; the latest row of a number, or of a sale's paper, is the one that holds. ``contact`` and ``snapshot`` are one row each and
may change: both can be had again from the ledger.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE entries (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    kind TEXT NOT NULL,
    text TEXT NOT NULL CHECK (json_valid(text)),
    link TEXT NOT NULL CHECK (length(link) = 64),
    about TEXT GENERATED ALWAYS AS (coalesce(text ->> 'asked', text ->> 'sale')) VIRTUAL
) STRICT;
CREATE INDEX entries_about ON entries (about) WHERE about IS NOT NULL;
CREATE INDEX entries_asked ON entries (number) WHERE kind = 'asked';

CREATE TABLE outcomes (
    number INTEGER NOT NULL REFERENCES entries (number),
    text TEXT NOT NULL CHECK (json_valid(text)),
    UNIQUE (number, text)
) STRICT;

CREATE TABLE receipts (
    sale TEXT NOT NULL PRIMARY KEY REFERENCES entries (id),
    token TEXT NOT NULL,
    text TEXT NOT NULL CHECK (json_valid(text))
) STRICT;

CREATE TABLE paper (
    place INTEGER PRIMARY KEY,
    sale TEXT NOT NULL REFERENCES receipts (sale),
    copy INTEGER NOT NULL CHECK (copy >= -1),
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'printed', 'unknown', 'not_printed', 'closed'))
) STRICT;
CREATE INDEX paper_sale ON paper (sale, place);
CREATE UNIQUE INDEX paper_queued_once ON paper (sale, copy) WHERE state = 'queued';

CREATE TABLE contact (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    taken_up_to INTEGER NOT NULL CHECK (taken_up_to >= 0),
    server_time TEXT
) STRICT;

CREATE TABLE snapshot (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    text TEXT NOT NULL
) STRICT;

CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM entries)
BEGIN SELECT raise(ABORT, 'entries are numbered without gaps'); END;
CREATE TRIGGER entries_once BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'an entry is never replaced'); END;
CREATE TRIGGER sale_ends_once BEFORE INSERT ON entries
WHEN NEW.kind IN ('handed_over', 'called_off')
    AND EXISTS (SELECT 1 FROM entries WHERE about = NEW.text ->> 'asked' AND kind IN ('handed_over', 'called_off'))
BEGIN SELECT raise(ABORT, 'a sale is handed over or called off once'); END;
CREATE TRIGGER receipts_once BEFORE INSERT ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE sale = NEW.sale)
BEGIN SELECT raise(ABORT, 'a receipt is never replaced'); END;
CREATE TRIGGER meta_once BEFORE INSERT ON meta
WHEN EXISTS (SELECT 1 FROM meta WHERE name = NEW.name)
BEGIN SELECT raise(ABORT, 'the journal''s owner is never replaced'); END;
CREATE TRIGGER outcomes_once BEFORE INSERT ON outcomes
WHEN EXISTS (SELECT 1 FROM outcomes WHERE number = NEW.number AND text = NEW.text)
BEGIN SELECT raise(IGNORE); END;
CREATE TRIGGER paper_once BEFORE INSERT ON paper
WHEN EXISTS (SELECT 1 FROM paper WHERE place = NEW.place)
    OR NEW.state = 'queued' AND EXISTS (SELECT 1 FROM paper WHERE sale = NEW.sale AND copy = NEW.copy AND state = 'queued')
BEGIN SELECT raise(ABORT, 'a copy is queued once'); END;
"""

_KEPT = ("meta", "entries", "outcomes", "receipts", "paper")

TRIGGERS = "".join(
    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}\n"
    f"BEGIN SELECT raise(ABORT, '{table} only grows'); END;\n"
    for table in _KEPT
    for verb in ("UPDATE", "DELETE")
)

# What came after the first release: made when a journal is opened that lacks it. Names beside entries can be erased, so nothing
# guards them.
ADDED_VERSION = 3
ADDED = """
CREATE TABLE IF NOT EXISTS beside (
    number INTEGER NOT NULL REFERENCES entries (number),
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    salt TEXT NOT NULL,
    PRIMARY KEY (number, key)
) STRICT;

CREATE TABLE IF NOT EXISTS desk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    cart_open INTEGER NOT NULL CHECK (cart_open IN (0, 1))
) STRICT;

CREATE INDEX IF NOT EXISTS entries_kind ON entries (kind, number) WHERE kind NOT IN ('asked', 'printed');

DROP VIEW IF EXISTS sales;
CREATE VIEW sales AS
SELECT a.number, a.id, a.link, a.kind, r.text AS receipt,
    h.id AS handed_over, c.id AS called_off, v.id AS voided,
    (SELECT o.text FROM outcomes AS o WHERE o.number = a.number ORDER BY o.rowid DESC LIMIT 1) AS answer,
    (SELECT o.text FROM outcomes AS o WHERE o.number = h.number ORDER BY o.rowid DESC LIMIT 1) AS hand_answer,
    (SELECT max(p.copy) FROM paper AS p WHERE p.sale = a.id) AS copy,
    (SELECT p.state FROM paper AS p WHERE p.sale = a.id ORDER BY p.place DESC LIMIT 1) AS paper
FROM entries AS a
JOIN receipts AS r ON r.sale = a.id
LEFT JOIN entries AS h ON h.about = a.id AND h.kind = 'handed_over'
LEFT JOIN entries AS c ON c.about = a.id AND c.kind = 'called_off'
LEFT JOIN entries AS v ON v.about = a.id AND v.kind = 'voided'
WHERE a.kind IN ('asked', 'collected', 'slip_entered');

DROP VIEW IF EXISTS filed;
CREATE VIEW filed AS
SELECT a.number, a.id, a.link, r.text AS receipt,
    (SELECT o.text FROM outcomes AS o WHERE o.number = a.number ORDER BY o.rowid DESC LIMIT 1) AS answer,
    (SELECT max(p.copy) FROM paper AS p WHERE p.sale = a.id) AS copy,
    (SELECT p.state FROM paper AS p WHERE p.sale = a.id ORDER BY p.place DESC LIMIT 1) AS paper
FROM entries AS a
JOIN receipts AS r ON r.sale = a.id
WHERE a.kind IN ('voided', 'received', 'counted', 'written_off', 'day_closed');

CREATE TRIGGER IF NOT EXISTS sale_voided_once BEFORE INSERT ON entries
WHEN NEW.kind = 'voided' AND EXISTS (SELECT 1 FROM entries WHERE about = NEW.text ->> 'sale' AND kind = 'voided')
BEGIN SELECT raise(ABORT, 'a sale is voided once'); END;
CREATE TRIGGER IF NOT EXISTS order_collected_once BEFORE INSERT ON entries
WHEN NEW.kind IN ('collected', 'order_cancelled') AND EXISTS (
    SELECT 1 FROM entries WHERE kind IN ('collected', 'order_cancelled') AND text ->> 'ordered' = NEW.text ->> 'ordered')
BEGIN SELECT raise(ABORT, 'an order is collected or given up once'); END;
CREATE TRIGGER IF NOT EXISTS slip_entered_once BEFORE INSERT ON entries
WHEN NEW.kind = 'slip_entered' AND EXISTS (
    SELECT 1 FROM entries WHERE kind = 'slip_entered' AND text ->> 'slip' = NEW.text ->> 'slip')
BEGIN SELECT raise(ABORT, 'a paper slip is entered once'); END;

PRAGMA user_version = 3;
"""
