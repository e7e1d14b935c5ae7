"""The baseline: what anyone would write. One thread, indexes first, batches of 1,000, and nothing is proven.

    POSTGRES_URI=... MONGODB_URI=... python3 plainLoop.py

Copies every table of the schema `public` into a collection of its name, and prints one line of JSON. The indexes are those
that the layout `tables` gives to the tables that hold the rows (docs/reference/tables-layout.md).
"""

import datetime
import decimal
import json
import os
import time

import psycopg2
import psycopg2.extras
import pymongo

BATCH = 1000

INDEXES = {
    "experiments": [("name", "u"), ("creation_time",), ("experiment_id", "u"), ("lifecycle_stage",), ("last_update_time",)],
    "runs": [
        ("experiment_id",),
        ("start_time",),
        ("status",),
        ("lifecycle_stage",),
        ("experiment_id,-start_time",),
        ("experiment_id,status",),
        ("run_uuid", "u"),
    ],
    "metrics": [("run_uuid,key,step",), ("timestamp",), ("run_uuid,-timestamp",), ("run_uuid,key,timestamp",)],
    "params": [("run_uuid,key", "u")],
    "tags": [("run_uuid,key", "u")],
    "latest_metrics": [("run_uuid",)],
    "registered_models": [("name", "u"), ("creation_timestamp",), ("last_updated_timestamp",)],
    "model_versions": [("name,version", "u"), ("current_stage",), ("run_id",), ("creation_timestamp",)],
}


def keys(fields):
    return [(f.lstrip("-"), -1 if f.startswith("-") else 1) for f in fields.split(",")]


def convert(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, memoryview):
        return bytes(value)
    return value


def main():
    begun = time.perf_counter()
    source = psycopg2.connect(os.environ["POSTGRES_URI"])
    target = pymongo.MongoClient(os.environ["MONGODB_URI"]).get_default_database()
    with source.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
        tables = [name for (name,) in cursor]

    for table, indexes in INDEXES.items():
        for fields, *unique in indexes:
            target[table].create_index(keys(fields), unique=bool(unique))

    rows = 0
    for table in tables:
        with source.cursor("copy_" + table, cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.itersize = BATCH
            cursor.execute('select * from "%s"' % table)
            while True:
                batch = cursor.fetchmany(BATCH)
                if not batch:
                    break
                target[table].insert_many([{name: convert(value) for name, value in row.items()} for row in batch])
                rows += len(batch)
    print(json.dumps({"seconds": time.perf_counter() - begun, "rows": rows}))


main()
