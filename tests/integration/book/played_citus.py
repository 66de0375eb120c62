"""Citus as far as a plain PostgreSQL can play it: the extension's row, its settings, the view ``citus_tables``, and the two functions that
distribute a table. They keep a list and move nothing, but refuse what Citus' manual says they refuse:

* a table twice;
* a column that is not there, a unique or primary key without it;
* triggers, unless ``citus.enable_unsafe_triggers`` is on;
* a foreign key to a table that is neither a reference table nor distributed beside this one, or that does not pair the two distribution
  columns; from a reference table, one to anything but a reference table;
* a neighbour (``colocate_with``) that is not distributed.

What it cannot play: shards, other nodes, and how Citus plans a query. That takes a real coordinator.
"""

from __future__ import annotations

import psycopg

SETTINGS = {"enable_unsafe_triggers": "on", "enable_local_reference_table_foreign_keys": "on"}

_PLAYED = """
CREATE SCHEMA citus;
CREATE TYPE citus.distribution_type AS ENUM ('hash', 'range', 'append');
CREATE SEQUENCE citus.colocations;
CREATE TABLE played (
    table_name regclass PRIMARY KEY, citus_table_type text NOT NULL, distribution_column text NOT NULL, colocation_id int NOT NULL
);
CREATE VIEW citus_tables AS SELECT * FROM played;

CREATE FUNCTION citus.refuse_twice(t regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM played WHERE table_name = t) THEN RAISE 'table "%" is already distributed', t; END IF;
    IF current_setting('citus.enable_local_reference_table_foreign_keys') <> 'off' THEN
        RAISE 'tables that point at "%" would become local ones', t;
    END IF;
END $$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$ DECLARE
    k record;
BEGIN
    PERFORM citus.refuse_twice(table_name);
    FOR k IN SELECT conname, confrelid FROM pg_constraint WHERE conrelid = table_name AND contype = 'f' AND confrelid <> table_name LOOP
        IF NOT EXISTS (SELECT FROM played p WHERE p.table_name = k.confrelid AND citus_table_type = 'reference') THEN
            RAISE 'foreign key % of a reference table points at %, which is none', k.conname, k.confrelid::regclass;
        END IF;
    END LOOP;
    INSERT INTO played VALUES (table_name, 'reference', '<none>', 0);
END $$;

CREATE FUNCTION create_distributed_table(
    table_name regclass, distribution_column text, distribution_type citus.distribution_type DEFAULT 'hash',
    colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$ DECLARE
    k record;
    there played;
    beside int := nextval('citus.colocations');
    place int2;
BEGIN
    PERFORM citus.refuse_twice(table_name);
    SELECT attnum INTO place FROM pg_attribute WHERE attrelid = table_name AND attname = distribution_column AND NOT attisdropped;
    IF place IS NULL THEN RAISE 'column "%" of relation "%" does not exist', distribution_column, table_name; END IF;
    IF colocate_with NOT IN ('default', 'none') THEN
        SELECT p.colocation_id INTO beside FROM played p
            WHERE p.table_name = colocate_with::regclass AND citus_table_type = 'distributed';
        IF beside IS NULL THEN RAISE '% is not distributed', colocate_with; END IF;
    END IF;
    FOR k IN SELECT indexrelid FROM pg_index WHERE indrelid = table_name AND indisunique AND place <> ALL (indkey::int2[]) LOOP
        RAISE 'cannot create constraint on "%": % does not include the partition column', table_name, k.indexrelid::regclass;
    END LOOP;
    IF current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on'
        AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = table_name AND NOT tgisinternal) THEN
        RAISE 'triggers are not supported on distributed tables';
    END IF;
    FOR k IN SELECT conname, confrelid, conkey, confkey FROM pg_constraint WHERE conrelid = table_name AND contype = 'f' LOOP
        SELECT * INTO there FROM played p WHERE p.table_name = k.confrelid;
        CONTINUE WHEN there.citus_table_type = 'reference';
        IF k.confrelid <> table_name AND there.colocation_id IS DISTINCT FROM beside THEN
            RAISE 'foreign key %: relations are not colocated or not referencing a reference table', k.conname;
        END IF;
        IF NOT EXISTS (
            SELECT FROM unnest(k.conkey, k.confkey) AS pair(mine, theirs)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = theirs
            WHERE mine = place AND a.attname = distribution_column
        ) THEN
            RAISE 'foreign key %: the distribution columns must be in the same place on both sides', k.conname;
        END IF;
    END LOOP;
    INSERT INTO played VALUES (table_name, 'distributed', distribution_column, beside);
END $$;
"""
_EXTENSION = (
    "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) "
    "SELECT max(oid::int8) + 1, 'citus', 10, 'public'::regnamespace, false, '13.2-1' FROM pg_extension"
)


def play_citus(url: str) -> None:
    """Turn a database of the tests' own, to be thrown away afterwards, into a coordinator. Takes a superuser."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(_PLAYED)
        admin.execute("SET allow_system_table_mods = on")
        admin.execute(_EXTENSION)
        for name, value in SETTINGS.items():
            admin.execute(f"ALTER DATABASE {admin.info.dbname} SET citus.{name} = '{value}'")


def allow_triggers(url: str, value: str) -> None:
    """Set ``citus.enable_unsafe_triggers`` for the connections to come."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET citus.enable_unsafe_triggers = '{value}'")
