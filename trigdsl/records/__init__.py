"""The world's formats → inputs: JSON Lines, CSV, Parquet, Segment, CloudEvents; and what could not be used.

    paths ─► bytes ─► lines ─► records ─► the native form ─► Input
    files    chunks   json_lines          forms               native
                      csv_cut, csv_rows   segment             times
                      parquet_rows        cloudevents         plain
                                          columns (of tables) rows

`reading.read_inputs` is the door for files, `native.input_of` for Python dicts, `profiles.read_profiles` for
profiles without a time.  A record that cannot be used never stops anything: it becomes a `Reject`.  Plain
JSON Lines in the native form take a short cut (`json_lines`) that skips the dicts; whatever looks unusual
there is read again the long way, so that there is one place that decides and words the reason.

Decisions that the formats leave open:

- Integers stay exact however large, but one beyond the range of a double is rejected, as `1e999` is.
- Values nest at most 100 deep.
- An empty `id` is no id; an empty `user` or `event` is rejected.
- NaN, which only Python and Parquet can hold, is missing; an infinite number is rejected.
"""
