"""A store with something in every table, for the golden files of stores: its rules, its records, and its outbox."""

from __future__ import annotations

import trigdsl
from trigdsl.delivery.outbox import Outbox, Undeliverable

RULES = """
cap push 2 per day
rule left: if cart and count(cart) <= 2 then after 1h send push "{{ user.name }} left {{ n }}" unless purchase
rule hi: if signup then send push "Hello {{ user.name }}" once
rule text: if text then send sms "{{ n }}"
rule quiet: if no visit for 3d then send email
"""
START = 1_795_168_800
"""2026-11-20T10:00:00Z."""


def filled(url: str) -> trigdsl.Engine:
    """An engine on a new store, with a lateness of ten minutes; the caller closes it.

    Ann, who was `device` before, has a cart of 10:00 (which waits for its message) and one that is held back; she got
    a greeting that waits for delivery.  Bob's text was given up; Carl's channel is paused.
    """
    engine = trigdsl.Engine(trigdsl.parse(RULES), store=url, log=True, lateness="10m")
    engine.feed_many(
        [
            {"user": "device", "time": START, "event": "cart", "properties": {"n": 1}, "id": "e-1"},
            {"user": "ann", "time": START + 60, "event": "signup", "set": {"name": "Ann"}, "add": ["vip"]},
            {"user": "ann", "time": START + 61, "alias": "device"},
            {"user": "bob", "time": START + 120, "event": "text", "properties": {"n": 2}},
            {"user": "bob", "time": START + 130, "event": "visit"},
            {"user": "ann", "event": "no time"},
            {"user": "ann", "time": START + 1200, "event": "cart", "properties": {"n": 3}},
            {"user": "bob", "time": START + 900, "event": "visit"},
        ],
        position="offset 8",
    )
    assert engine.store is not None
    outbox = Outbox(engine.store, now=lambda: (START + 1300) * 10**6)
    outbox.pause("push")

    def sink(_: object) -> None:
        raise Undeliverable("no such number")

    outbox.deliver(sink)
    return engine
