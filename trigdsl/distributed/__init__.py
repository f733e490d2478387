"""The rules over more events than one machine holds: what any distributed engine needs, and drivers of some engines.

A distributed engine brings three things: it reads tables and keeps of them what it is told to, it hands all rows of
one user to one process in the order of time, and it runs a Python function over batches of Arrow columns.  All else is
here, and knows no engine:

- `rules`: a program travels as its texts, and each process compiles it once.
- `needs`: a program → the events, columns and bounds that it needs of a table.
- `rows`: parts of files, or batches of columns → record rows, which an engine can sort by user and time.
- `deciding`: sorted rows of some users → their decisions as columns, and a report of what was counted.
- `shards`: for programs that the compiled kernel decides, parts of files → blocks of what happened to the users of each
  shard, which an engine brings together in any order → their decisions; `table_blocks` makes them of rows of tables.
- `reports`: the reports of all parts → what one process would have counted.

A driver says these in the words of its engine: `spark_…` for Apache Spark, with `spark_session` for what all of Spark
has in common.
"""
