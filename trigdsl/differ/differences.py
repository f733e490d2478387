"""The decisions of two programs over the same events → what a change of rules changes, by rule.

Decisions are matched by their `key`, which names a delivery: user, rule, trigger, step, action.  What only one side
has is matched once more by user, rule, step and action in the order of time: then it moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from attrs import field, frozen

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Value

KINDS = ("added", "removed", "moved", "outcome", "variant", "text")
"""How a decision differs, the first that holds: only new, only old, another time, status or reason, and so on."""

_same_action = attrgetter("user", "rule", "step", "action", "channel", "target")


@frozen(kw_only=True)
class Difference:
    """One decision that differs. `old` None: added; `new` None: removed. The reasons are sentences, if asked for."""

    kind: str
    old: Decision | None
    new: Decision | None
    why_old: str = ""
    why_new: str = ""

    @property
    def decision(self) -> Decision:
        """The new decision, the old one where there is none any more."""
        one = self.new or self.old
        assert one is not None
        return one

    def to_dict(self) -> dict[str, Value]:
        return {
            "kind": self.kind,
            "user": self.decision.user,
            "old": None if self.old is None else self.old.to_dict(),
            "new": None if self.new is None else self.new.to_dict(),
            "why_old": self.why_old,
            "why_new": self.why_new,
        }


@frozen(kw_only=True)
class RuleDifference:
    """What differs of one rule: counts by kind, users concerned, and the first examples of each kind."""

    rule: str
    counts: dict[str, int]
    sent_old: int
    sent_new: int
    users: int
    examples: tuple[Difference, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Value]:
        return {
            "rule": self.rule,
            "counts": dict(self.counts),
            "sent": {"old": self.sent_old, "new": self.sent_new},
            "users": self.users,
            "examples": [example.to_dict() for example in self.examples],
        }


def differences(old: Iterable[Decision], new: Iterable[Decision]) -> list[Difference]:
    """Every decision that differs, in the order of rule, user and time."""
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    found = []
    for key in before.keys() & after.keys():
        kind = _kind(before[key], after[key])
        if kind is not None:
            found.append(Difference(kind=kind, old=before[key], new=after[key]))
    gone = [one for key, one in before.items() if key not in after]
    come = [one for key, one in after.items() if key not in before]
    found += _moved(gone, come)
    return sorted(found, key=lambda one: (one.decision.rule, one.decision.user, one.decision.time, one.decision.key))


def _kind(old: Decision, new: Decision) -> str | None:
    """How two decisions about one delivery differ; None when they say the same."""
    if (old.status, old.reason) != (new.status, new.reason):
        return "outcome"
    if (old.time, old.due) != (new.time, new.due):
        return "moved"
    if (old.channel, old.target, old.variant) != (new.channel, new.target, new.variant):
        return "variant"
    said = (old.text, old.fields, old.value)
    return None if said == (new.text, new.fields, new.value) else "text"


def _moved(gone: Sequence[Decision], come: Sequence[Decision]) -> Iterator[Difference]:
    """Pair, in the order of time, what only one side has of one user's action; the rest came or went."""
    sides: dict[tuple[object, ...], tuple[list[Decision], list[Decision]]] = {}
    for side, decisions in enumerate((gone, come)):
        for one in sorted(decisions, key=attrgetter("time")):
            sides.setdefault((*_same_action(one), one.status, one.reason), ([], []))[side].append(one)
    for old, new in sides.values():
        paired = min(len(old), len(new))
        yield from (Difference(kind="moved", old=a, new=b) for a, b in zip(old, new, strict=False))
        yield from (Difference(kind="removed", old=one, new=None) for one in old[paired:])
        yield from (Difference(kind="added", old=None, new=one) for one in new[paired:])


def by_rule(
    found: Sequence[Difference], old: Sequence[Decision], new: Sequence[Decision], examples: int
) -> tuple[RuleDifference, ...]:
    """The differences of each rule, with at most so many examples of each kind."""
    out = []
    for rule, group in groupby(found, key=lambda one: one.decision.rule):
        these = list(group)
        kinds = {kind: [one for one in these if one.kind == kind] for kind in KINDS}
        out.append(
            RuleDifference(
                rule=rule,
                counts={kind: len(ones) for kind, ones in kinds.items() if ones},
                sent_old=_sent(old, rule),
                sent_new=_sent(new, rule),
                users=len({one.decision.user for one in these}),
                examples=tuple(one for ones in kinds.values() for one in ones[:examples]),
            )
        )
    return tuple(out)


def _sent(decisions: Iterable[Decision], rule: str) -> int:
    return sum(one.rule == rule and one.status == "sent" and one.action == "send" for one in decisions)
