"""Decisions, statistics and rejected records → one plain summary, from which text and JSON are made alike.

Everything is counted while the decisions stream by; none of them is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from attrs import asdict, define, field, frozen

from trigdsl.engine.program import CompiledInvariant
from trigdsl.model.decisions import STATUSES, Decision
from trigdsl.model.values import Micros, instant_text
from trigdsl.model.violations import Violation
from trigdsl.replayer.lift import Lift
from trigdsl.replayer.wording import in_words

MOST_REASONS = 100
OTHER = "other reasons"
FIRST_REJECTS = 5
MOST_VIOLATIONS = 100

# What differs from record to record in the reason of a reject: the value after the name of its part, the position.
_VALUE = re.compile(r"(`\w+`) `[^`]*`")
_POSITION = re.compile(r",? at (?:byte|column|line) \d+(?: of the line)?")

Key: TypeAlias = "tuple[str, int, str, str, str | None]"
"""Rule, step, status, reason and channel of a decision."""


@frozen(kw_only=True)
class Shown:
    """What of a replay is shown; everything runs in any case. Empty means no limit."""

    statuses: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    def __contains__(self, decision: Decision) -> bool:
        return self.shows(decision.status, decision.rule, decision.user)

    def shows(self, status: str, rule: str, user: str) -> bool:
        """Whether a decision of that status, rule and user is shown."""
        return self.shows_kind(status, rule) and (not self.users or user in self.users)

    def shows_kind(self, status: str, rule: str) -> bool:
        """Whether decisions of that status and rule are shown, of users who are."""
        return (not self.statuses or status in self.statuses) and (not self.rules or rule in self.rules)

    @property
    def limits(self) -> bool:
        """Whether anything is not shown."""
        return bool(self.statuses or self.rules or self.users)


@frozen(kw_only=True)
class Reason:
    """How often a status had this reason, exact and in words."""

    status: str
    reason: str
    words: str
    count: int


@frozen(kw_only=True)
class StepSummary:
    """How often a step of a rule ended in each status."""

    step: int
    statuses: dict[str, int]


@frozen(kw_only=True)
class GoalSummary:
    """Runs of a rule that made their first send (or withheld it, as `control`), and how many of them converted.

    `lift` is over the control runs of the same variant, or if there are none over all control runs of the rule;
    None for control itself, and where nothing is withheld.
    """

    variant: str | None
    control: bool
    runs: int
    converted: int
    rate: float
    lift: Lift | None = None


@frozen(kw_only=True)
class RuleSummary:
    """What became of one rule. `rates` are shares (0 to 1) of its decisions that are not pending.

    `runs` is None, and `goals` are empty, when only some users are shown.
    """

    rule: str
    title: str | None
    runs: int | None
    statuses: dict[str, int]
    rates: dict[str, float]
    steps: tuple[StepSummary, ...]
    reasons: tuple[Reason, ...]
    goals: tuple[GoalSummary, ...] = ()


@frozen(kw_only=True)
class ChannelSummary:
    """What became of the sends on one channel."""

    channel: str
    statuses: dict[str, int]


@frozen(kw_only=True)
class WarningSummary:
    """A kind of value that did not fit where a rule reads it, with an example and how often it was met."""

    rule: str
    place: str
    text: str
    example: Any
    count: int


@frozen(kw_only=True)
class RejectedRecord:
    """A record that could not be used, and where it stands (the line counts from 1)."""

    file: str
    line: int | None
    reason: str


@frozen(kw_only=True)
class RejectSummary:
    """Rejected records: all of them counted by reason, the first few by place."""

    count: int
    reasons: dict[str, int]
    first: tuple[RejectedRecord, ...]


@frozen(kw_only=True)
class InvariantSummary:
    """What became of one invariant: how many sends broke it, and the first of them (see `Violation.to_dict`)."""

    invariant: str
    promise: str
    broken: int
    violations: tuple[dict[str, Any], ...]


@frozen(kw_only=True)
class Summary:
    """What a replay did, as plain data. Instants are texts in UTC; `first` and `last` span the inputs.

    `invariants` is None when they were not checked.
    """

    inputs: int
    events: int
    users: int
    duplicates: int
    first: str | None
    last: str | None
    users_reached: int
    rules: tuple[RuleSummary, ...]
    channels: tuple[ChannelSummary, ...]
    data_warnings: tuple[WarningSummary, ...]
    record_warnings: dict[str, int]
    rejected: RejectSummary
    hints: tuple[str, ...]
    shown: dict[str, list[str]]
    invariants: tuple[InvariantSummary, ...] | None = None

    @property
    def holds(self) -> bool:
        """Whether no invariant was broken, as far as they were checked."""
        return not any(invariant.broken for invariant in self.invariants or ())

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON can hold it."""
        return asdict(self)


@define
class Tally:
    """Counts decisions, broken invariants and rejected records as they stream by."""

    shown: Shown = field(factory=Shown)
    _counts: Counter[Key] = field(factory=Counter, init=False)
    _kinds: Counter[str] = field(factory=Counter, init=False)
    _reached: set[str] = field(factory=set, init=False)
    _others_reached: int = field(default=0, init=False)
    _reject_reasons: Counter[str] = field(factory=Counter, init=False)
    _first_rejects: list[RejectedRecord] = field(factory=list, init=False)
    _record_warnings: Counter[str] = field(factory=Counter, init=False)
    _broken: Counter[str] = field(factory=Counter, init=False)
    _violations: dict[str, list[Violation]] = field(factory=dict, init=False)

    def decision(self, decision: Decision) -> None:
        """Count one decision that is shown."""
        self.count(key_of(decision), 1)
        if reaches(decision):
            self._reached.add(decision.user)

    def count(self, key: Key, number: int) -> None:
        """Count so many decisions of one kind; kinds come in the order in which their first ones were made."""
        if key not in self._counts:
            key = self._new_key(key)
        self._counts[key] += number

    def reached(self, users: int) -> None:
        """So many users got a message of whom `decision` was not told."""
        self._others_reached += users

    def reject(self, file: str, line: int | None, reason: str) -> None:
        """Count one record that could not be used, by its reason without the record's own values."""
        kind = _VALUE.sub(r"\1", _POSITION.sub("", reason))
        known = kind in self._reject_reasons or len(self._reject_reasons) < MOST_REASONS
        self._reject_reasons[kind if known else OTHER] += 1
        if len(self._first_rejects) < FIRST_REJECTS:
            self._first_rejects.append(RejectedRecord(file=file, line=line, reason=reason))

    def violation(self, violation: Violation) -> None:
        """Count one send that broke an invariant."""
        self.broken(violation.invariant, 1)
        self.keep(violation)

    def broken(self, invariant: str, number: int) -> None:
        """Count so many sends that broke an invariant."""
        self._broken[invariant] += number

    def keep(self, violation: Violation) -> None:
        """Keep a broken invariant, if it is one of the first."""
        kept = self._violations.setdefault(violation.invariant, [])
        if len(kept) < MOST_VIOLATIONS:
            kept.append(violation)

    def record_warning(self, text: str) -> None:
        """Count one record that was used although something about it is doubtful."""
        known = text in self._record_warnings or len(self._record_warnings) < MOST_REASONS
        self._record_warnings[text if known else OTHER] += 1

    @property
    def rejected(self) -> RejectSummary:
        """The rejected records up to now, the commonest reason first."""
        return RejectSummary(
            count=self._reject_reasons.total(),
            reasons=dict(self._reject_reasons.most_common()),
            first=tuple(self._first_rejects),
        )

    def rules(
        self,
        titles: Mapping[str, str | None],
        runs: Mapping[str, int],
        goals: Mapping[str, tuple[GoalSummary, ...]],
    ) -> tuple[RuleSummary, ...]:
        """A summary of each rule that is shown, in the order of `titles` (rule → title)."""
        return tuple(
            self._rule(name, title, runs.get(name, 0), goals.get(name, ()))
            for name, title in titles.items()
            if not self.shown.rules or name in self.shown.rules
        )

    def channels(self) -> tuple[ChannelSummary, ...]:
        """A summary of each channel that a decision was about, by name."""
        names = sorted({key[4] for key in self._counts if key[4] is not None})
        return tuple(ChannelSummary(channel=name, statuses=self._statuses(channel=name)) for name in names)

    def invariants(self, checked: Iterable[CompiledInvariant]) -> tuple[InvariantSummary, ...]:
        """A summary of each invariant that was checked, in their order."""
        return tuple(
            InvariantSummary(
                invariant=one.name,
                promise=one.text,
                broken=self._broken[one.name],
                violations=tuple(violation.to_dict() for violation in self._violations.get(one.name, ())),
            )
            for one in checked
        )

    @property
    def users_reached(self) -> int:
        """How many users got at least one message."""
        return len(self._reached) + self._others_reached

    @property
    def record_warnings(self) -> dict[str, int]:
        """Doubtful records by what is doubtful, the commonest first."""
        return dict(self._record_warnings.most_common())

    def _new_key(self, key: Key) -> Key:
        """The key itself, or with its reason lumped when the rule has too many (messages of templates vary)."""
        rule, step, status, _, channel = key
        if self._kinds[rule] >= MOST_REASONS and key[3]:
            return (rule, step, status, OTHER, channel)
        self._kinds[rule] += 1
        return key

    def _rule(self, name: str, title: str | None, runs: int, goals: tuple[GoalSummary, ...]) -> RuleSummary:
        statuses = self._statuses(rule=name)
        steps = sorted({key[1] for key in self._counts if key[0] == name})
        return RuleSummary(
            rule=name,
            title=title,
            runs=None if self.shown.users else runs,
            statuses=statuses,
            rates=_rates(statuses),
            steps=tuple(StepSummary(step=step, statuses=self._statuses(rule=name, step=step)) for step in steps),
            reasons=self._reasons(name),
            goals=() if self.shown.users else goals,
        )

    def _statuses(self, rule: str | None = None, step: int | None = None, channel: str | None = None) -> dict[str, int]:
        """How often each status was met, all of them listed."""
        out = dict.fromkeys(STATUSES, 0)
        for (at_rule, at_step, status, _, at_channel), count in self._counts.items():
            if rule in (None, at_rule) and step in (None, at_step) and channel in (None, at_channel):
                out[status] += count
        return out

    def _reasons(self, rule: str) -> tuple[Reason, ...]:
        """Why the rule's actions did not go, the commonest reason first."""
        counts: Counter[tuple[str, str]] = Counter()
        for (at_rule, _, status, reason, _), count in self._counts.items():
            if at_rule == rule and reason:
                counts[status, reason] += count
        ordered = sorted(counts.items(), key=lambda item: (-item[1], STATUSES.index(item[0][0]), item[0][1]))
        return tuple(
            Reason(status=status, reason=reason, words=in_words(status, reason), count=count)
            for (status, reason), count in ordered
        )


def key_of(decision: Decision) -> Key:
    """The kind of a decision, by which it is counted."""
    return decision.rule, decision.step, decision.status, decision.reason or "", decision.channel


def reaches(decision: Decision) -> bool:
    """Whether a message went to the user."""
    return decision.status == "sent" and decision.action == "send"


def _rates(statuses: Mapping[str, int]) -> dict[str, float]:
    decided = sum(count for status, count in statuses.items() if status != "pending")
    return {status: count / decided for status, count in statuses.items() if decided and status != "pending"}


def shown_as_dict(shown: Shown) -> dict[str, list[str]]:
    """What the summary is limited to, by kind; empty when it is not."""
    limits: dict[str, Iterable[str]] = {
        "statuses": [status for status in STATUSES if status in shown.statuses],
        "rules": sorted(shown.rules),
        "users": sorted(shown.users),
    }
    return {kind: list(names) for kind, names in limits.items() if names}


def instant_or_none(at: Micros | None) -> str | None:
    """An instant as decisions write it; None stays None."""
    return None if at is None else instant_text(at)
