"""Logs that are too many for one process: `failonce import --engine`.

files      what paths name, on disk or in object storage (fsspec)
lines      text logs and JSON lines: windows of a fixed length, read by the importer of logs
table      Parquet: DuckDB (`duck`) reads, counts what is equal (`rows`), by the columns that logs
           have (`columns`), and leaves the rest to the core
parts      what goes to a worker and comes back
run        looks, recognises what was counted before, counts the rest, adds up
engines    who works: inline, a pool of processes (`pool`), Dask (`cluster`)

What is done with a part is `failonce.summing`, the same for all; nothing here decides anything
about a failure. DuckDB, fsspec and Dask are an extra, and loaded where they are needed.
"""
