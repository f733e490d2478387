"""Where the states of users sleep: user states, what waits for delivery, and rejects → a store, and back.

One protocol (`protocol`), which each store keeps: in memory (`memory`) and SQLite (`sqlite`).  A store holds bytes
and the few columns by which it is asked; what the bytes say is known to `codec` (the state of one user), `layouts`
(the numbers that the state's parts go by, and what they meant in the program that wrote it) and `packing` (values of
the language).  `keeper` stands between an engine and a store: it loads the states that are touched and saves those
that changed.  docs/state.md tells the form of every byte.
"""
