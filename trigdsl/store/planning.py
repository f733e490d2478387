"""A store and other rules → what would become of the runs that wait in it, without changing anything."""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from trigdsl.engine.program import Program
from trigdsl.store.adopting import Adoption, check_policy
from trigdsl.store.codec import layout_number, read_state
from trigdsl.store.layouts import Layout, decode_layout, layout_of
from trigdsl.store.protocol import Store

FATES = ("unchanged", "changed", "new", "removed")
USERS_AT_ONCE = 500


@frozen(kw_only=True)
class RulePlan:
    """What would become of a rule and its runs.

    `fate` is `unchanged`, `changed`, `new` or `removed`, compared with the rules that wrote the store last.  Of its
    `runs`, so many would wait on (`waiting`), be timed anew (`retimed`) or end (`ended`).
    """

    rule: str
    fate: str
    waiting: int = 0
    retimed: int = 0
    ended: int = 0

    @property
    def runs(self) -> int:
        return self.waiting + self.retimed + self.ended


@frozen(kw_only=True)
class Plan:
    """What other rules would do to a store: for each rule, and what they ask of history that is not there yet."""

    rules: tuple[RulePlan, ...]
    empty_history: tuple[str, ...]


def plan(store: Store, program: Program, on_edit: str = "keep") -> Plan:
    """What an engine of that program would do to the runs that wait in a store, if it opened it with that policy."""
    check_policy(on_edit)
    new = layout_of(program)
    with store.transaction() as t:
        layouts = {number: decode_layout(body) for number, body in t.layouts().items()}
        written = t.meta("layout")
    old = layouts.get(int(written or b"0"), Layout((), (), (), ()))
    adoptions = {
        number: Adoption(program=program, old=layout, new=new, policy=on_edit) for number, layout in layouts.items()
    }
    counts = _counts(store, adoptions)
    known = {slot.key for slot in old.slots}
    return Plan(
        rules=tuple(
            RulePlan(
                rule=name,
                fate=fate,
                waiting=counts[name, "waiting"],
                retimed=counts[name, "retimed"],
                ended=counts[name, "ended"],
            )
            for name, fate in _fates(old, new).items()
        ),
        empty_history=tuple(slot.key for slot in new.slots if slot.key not in known),
    )


def _fates(old: Layout, new: Layout) -> dict[str, str]:
    """Each rule, those of the new program first, and whether it stays as it was."""
    before = {rule.name: rule.fingerprint for rule in old.rules}
    fates = {}
    for rule in new.rules:
        same = before.get(rule.name) == rule.fingerprint
        fates[rule.name] = "new" if rule.name not in before else "unchanged" if same else "changed"
    return fates | {rule.name: "removed" for rule in old.rules if rule.name not in fates}


def _counts(store: Store, adoptions: dict[int, Adoption]) -> Counter[tuple[str, str]]:
    """How many runs of each rule would wait on, be timed anew, and end."""
    counts: Counter[tuple[str, str]] = Counter()
    last: str | None = ""
    while last is not None:
        # Some at a time, so that an engine that is at work need not wait.
        with store.transaction() as t:
            rows = t.users(last, USERS_AT_ONCE)
        for _, body in rows:
            parts = read_state(body)
            adoption = adoptions[layout_number(parts)]
            adopted = adoption.adopt(parts)
            names = [rule.name for rule in adoption.new.rules]
            counts.update((rule.name, "ended") for _, rule, _ in adopted.ended)
            counts.update((names[run.rule], "retimed") for run in adopted.retimed)
            counts.update(
                (names[run.rule], "waiting") for run in adopted.state.runs or () if run not in adopted.retimed
            )
        last = rows[-1][0] if rows else None
    return counts
