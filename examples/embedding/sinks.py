"""Sinks: where the messages go. A sink returns when a message has arrived, and raises when it has not.

A message is handed over at least once, and again after a failure.  What it is handed over with is its `key`, the same
each time, so whoever leaves out keys that they have seen delivers exactly once.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from trigdsl.delivery.outbox import Handover, Sink, Undeliverable

AGAIN = (408, 425, 429)
"""Answers of a web service that ask for another try; of the other 4xx none will ever succeed."""


def by_channel(sinks: Mapping[str, Sink]) -> Sink:
    """A sink that hands each message to that of its channel."""

    def sink(handover: Handover) -> None:
        if handover.channel not in sinks:
            raise Undeliverable(f"nobody delivers {handover.channel}")
        sinks[handover.channel](handover)

    return sink


def web_service(url: str, *, timeout: float = 10.0) -> Sink:
    """A sink that posts messages to a web service, whose own idempotency key is the message's.

    This is all that a channel of one's own needs: the rules name it (`send whatsapp`), and somebody delivers it.
    """

    def sink(handover: Handover) -> None:
        decision = handover.decision
        body = {"to": decision.user, "text": decision.text, **(decision.fields or {})}
        request = urllib.request.Request(
            url,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": handover.key},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            if 400 <= error.code < 500 and error.code not in AGAIN:
                raise Undeliverable(f"refused: {error.code} {error.reason}") from error
            raise

    return sink


def printer(write: Callable[[str], object] = print) -> Sink:
    """A sink that prints messages, to see something while nothing is connected."""

    def sink(handover: Handover) -> None:
        write(f"{handover.channel} to {handover.decision.user}: {handover.decision.text}")

    return sink
