"""A store and other rules → what would become of the runs that wait in it, without changing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import field, frozen

from trigdsl.engine.program import Program
from trigdsl.store.adopting import Adoption
from trigdsl.store.codec import layout_number
from trigdsl.store.fates import check_policy, with_old_rules
from trigdsl.store.layouts import Layout, decode_layout, layout_of
from trigdsl.store.protocol import Store
from trigdsl.store.running import states_of, wanted_rules

FATES = ("unchanged", "changed", "new", "removed")


@frozen(kw_only=True)
class RulePlan:
    """What would become of a rule and its runs.

    `fate` is `unchanged`, `changed`, `new` or `removed`, compared with the rules that wrote the store last.  Of its
    `runs`, so many would wait on (`waiting`; `by_old_text` counts those of them that go on by a text which is not the
    new one), be timed anew (`retimed`) or end (`ended`); `endings` counts these by reason.
    """

    rule: str
    fate: str
    waiting: int = 0
    by_old_text: int = 0
    retimed: int = 0
    ended: int = 0
    endings: Mapping[str, int] = field(factory=dict)

    @property
    def runs(self) -> int:
        return self.waiting + self.retimed + self.ended


@frozen(kw_only=True)
class Plan:
    """What other rules would do to a store: for each rule, and what they ask of history that is not there yet."""

    rules: tuple[RulePlan, ...]
    empty_history: tuple[str, ...]


def plan(store: Store, program: Program, on_edit: str | None = None) -> Plan:
    """What an engine of that program would do to the runs that wait in a store, if it opened it.

    `on_edit` stands in place of what the rules say of their runs, as with the engine.
    """
    check_policy(on_edit)
    with store.transaction() as t:
        layouts = t.layouts()
        written = t.meta("layout")
    by_number = {number: decode_layout(body) for number, body in layouts.items()}
    old = by_number.get(int(written or b"0"), Layout((), (), (), ()))
    alone = with_old_rules(program, ())
    running = with_old_rules(alone, wanted_rules(states_of(store), layouts, alone, on_edit))
    new = layout_of(running)
    adoptions = {
        number: Adoption(program=running, old=layout, new=new, policy=on_edit) for number, layout in by_number.items()
    }
    counts = _counts(store, adoptions)
    known = {slot.asks for slot in old.slots}
    return Plan(
        rules=tuple(_rule_plan(name, fate, counts) for name, fate in _fates(old, new).items()),
        empty_history=tuple(slot.key for slot in new.slots if slot.asks not in known),
    )


def differing(store: Store, program: Program) -> tuple[str, ...]:
    """The rules of which a program says something else than the one that wrote a store last, or that only one has."""
    with store.transaction() as t:
        layouts, written = t.layouts(), t.meta("layout")
    body = layouts.get(int(written or b"0"))
    found = _fates(Layout((), (), (), ()) if body is None else decode_layout(body), layout_of(program))
    return tuple(sorted(name for name, fate in found.items() if fate != "unchanged"))


def _fates(old: Layout, new: Layout) -> dict[str, str]:
    """Each rule, those of the new program first, and whether it stays as it was."""
    before = {rule.name: rule.fingerprint for rule in old.rules if not rule.is_old}
    fates = {}
    for rule in new.rules:
        if not rule.is_old:
            same = before.get(rule.name) == rule.fingerprint
            fates[rule.name] = "new" if rule.name not in before else "unchanged" if same else "changed"
    return fates | {rule.name: "removed" for rule in old.rules if rule.name not in fates}


def _rule_plan(name: str, fate: str, counts: Counter[tuple[str, str, str]]) -> RulePlan:
    endings = {why: count for (rule, what, why), count in counts.items() if (rule, what) == (name, "ended")}
    by_old_text = counts[name, "by old text", ""]
    return RulePlan(
        rule=name,
        fate=fate,
        waiting=counts[name, "waiting", ""] + by_old_text,
        by_old_text=by_old_text,
        retimed=counts[name, "retimed", ""],
        ended=sum(endings.values()),
        endings=dict(sorted(endings.items())),
    )


def _counts(store: Store, adoptions: dict[int, Adoption]) -> Counter[tuple[str, str, str]]:
    """How many runs of each rule would wait on, by which text, be timed anew, and end, and why."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for parts in states_of(store):
        adoption = adoptions[layout_number(parts)]
        adopted = adoption.adopt(parts)
        counts.update((rule.name, "ended", why) for _, rule, why in adopted.ended)
        for run in adopted.state.runs or ():
            rule = adoption.program.rules[run.rule]
            what = "retimed" if run in adopted.retimed else "by old text" if rule.is_old else "waiting"
            counts[rule.name, what, ""] += 1
    return counts
