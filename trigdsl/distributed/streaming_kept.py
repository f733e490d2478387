"""What a stream keeps of one user ⇄ bytes: the state in a store's own form, and the records that wait for their time.

A distributed engine keeps these bytes under the user's name and knows nothing of them.  They are MessagePack, form 1:

| place | holds |
|---|---|
| 0 | the form, 1 |
| 1 | the layout by which the state was written (see docs/state.md), compressed by zlib |
| 2 | the moment up to which everything of this user is decided, nil before the first |
| 3 | the moment for which a timer is set, in milliseconds, nil without one |
| 4 | how many records have arrived |
| 5 | records that wait for their time: [number of arrival, record], in the order of arrival |
| 6 | the state as a store keeps it, its layout's number being 0; nil when nothing is kept |
| 7 | decisions that are made and not told yet |
"""

from __future__ import annotations

from functools import lru_cache
from zlib import compress, decompress

from attrs import field, frozen

from trigdsl.model.decisions import Decision
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.store.bodies import decode_decision, decode_input, encode_decision, encode_input
from trigdsl.store.errors import StoreTooNew
from trigdsl.store.layouts import Layout, decode_layout
from trigdsl.store.packing import decode, encode

FORM = 1
"""The form of what is kept that is written."""

_MOST_LAYOUTS = 256


@frozen(kw_only=True)
class Kept:
    """What is kept of a user: moments are microseconds, `wake` is milliseconds; `layout` is `packed_layout`'s."""

    layout: bytes
    clock: Micros | None = None
    wake: int | None = None
    arrived: int = 0
    held: tuple[tuple[int, Input], ...] = field(default=())
    state: bytes | None = None
    untold: tuple[Decision, ...] = field(default=())

    @property
    def is_nothing(self) -> bool:
        """Whether it makes no difference that it is kept."""
        return self.state is None and not self.held and not self.untold

    @property
    def encoded(self) -> bytes:
        """The bytes of it."""
        held = [[number, encode_input(given)] for number, given in self.held]
        untold = [encode_decision(one) for one in self.untold]
        return encode([FORM, self.layout, self.clock, self.wake, self.arrived, held, self.state, untold])


def decode_kept(data: bytes) -> Kept:
    """What `Kept.encoded` says. Raises StoreTooNew for a form that is not known."""
    form, *parts = decode(data)
    if form > FORM:
        raise StoreTooNew("what a stream keeps of a user", form, FORM)
    layout, clock, wake, arrived, held, state, untold = parts
    waiting = tuple((number, decode_input(body)) for number, body in held)
    told_later = tuple(map(decode_decision, untold))
    return Kept(layout=layout, clock=clock, wake=wake, arrived=arrived, held=waiting, state=state, untold=told_later)


def packed_layout(layout: Layout) -> bytes:
    """A layout as it stands with each state: equal for equal layouts."""
    return compress(layout.encoded, 9)


@lru_cache(maxsize=_MOST_LAYOUTS)
def unpacked_layout(packed: bytes) -> Layout:
    """The layout that `packed_layout` made bytes of."""
    return decode_layout(decompress(packed))
