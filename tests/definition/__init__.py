"""The definition of the language as a program: slow and plain, sharing nothing with the engine but the syntax tree.

A user's whole history is kept in a list, every question to it is a scan, timers are looked for among all that may
be due.  `machine.decide` gives the decisions for one user as dicts, with the names that `trig replay` writes (without
`key`, `event_id` and `title`).  Hashes are not part of it: `share(rule, user, kind)` says where in [0, 100) a user
lies, for the kinds `holdout` and `variant`.  Nor are holidays, template files, functions of the host, `hash_bucket`
and `distance_m`.  It takes inputs that are read already: `defining.py` beside this folder reads records.
"""
