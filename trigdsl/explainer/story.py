"""What an explanation holds: the lines of a story, the reason of each decision, and why a rule stayed silent."""

from __future__ import annotations

from attrs import field, frozen

from trigdsl.engine.zones import Zone
from trigdsl.explainer.changes import Change
from trigdsl.model.decisions import Decision, json_value
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros, Value, instant_text
from trigdsl.source import Span


@frozen(kw_only=True)
class Fact:
    """Something that decided: without it, or with another, the decision would have been another.

    `kind` is `input` (then `given` is that record), `clause` (a piece of the rules, at `span`), `cap` (a clause
    too) or `clock` (the moment at which the clock stopped).
    """

    kind: str
    text: str
    given: Input | None = None
    span: Span | None = None

    def to_dict(self) -> dict[str, Value]:
        """The JSON form; `at` is `file:line:column`."""
        out: dict[str, Value] = {"kind": self.kind, "text": self.text}
        if self.given is not None:
            out["time"] = instant_text(self.given.time)
            out["event"] = self.given.event
            out["event_id"] = self.given.id
        if self.span is not None:
            line, column = self.span.position
            out["at"] = f"{self.span.source.name}:{line}:{column}"
            out["source"] = self.span.text
        return out


@frozen(kw_only=True)
class Reason:
    """A decision, the fact that decided it first and then what led there, and that in one sentence."""

    decision: Decision
    facts: tuple[Fact, ...]
    text: str

    def to_dict(self) -> dict[str, Value]:
        return {
            "decision": self.decision.to_dict(),
            "text": self.text,
            "facts": [fact.to_dict() for fact in self.facts],
        }


@frozen(kw_only=True)
class Line:
    """One line of the story; `details` stand below it. `zone` is the user's at that moment."""

    time: Micros
    zone: Zone
    kind: str
    text: str
    rule: str | None = None
    details: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Value]:
        return {
            "time": instant_text(self.time),
            "zone": self.zone.name,
            "kind": self.kind,
            "rule": self.rule,
            "text": self.text,
            "details": list(self.details),
        }


@frozen(kw_only=True)
class Suggestion:
    """Changes of the stream, in order, after which the rule makes `decision` when the clock runs to `until`.

    They were applied and run before this was said.  `until` is where the clock stopped in the story, or later.
    """

    changes: tuple[Change, ...]
    decision: Decision
    until: Micros

    def to_dict(self) -> dict[str, Value]:
        return {
            "changes": [json_value(change.to_dict()) for change in self.changes],
            "until": instant_text(self.until),
            "decision": self.decision.to_dict(),
        }


@frozen(kw_only=True)
class Silence:
    """Why a rule sent nothing to the user: the attempt that came nearest, and the least that would have helped.

    `stage` says how far it came: `never triggered`, `trigger`, `condition`, `start`, or a decision's status.
    `change` is what the attempt lacked; `suggestion` are changes that were tried and make the rule send, None when
    none were found or looked for, `suggested` the same in words.
    """

    rule: str
    stage: str
    text: str
    change: str
    time: Micros | None = None
    misses: tuple[dict[str, Value], ...] = ()
    suggestion: Suggestion | None = None
    suggested: str | None = None

    def to_dict(self) -> dict[str, Value]:
        return {
            "rule": self.rule,
            "stage": self.stage,
            "time": None if self.time is None else instant_text(self.time),
            "text": self.text,
            "change": self.change,
            "misses": [json_value(miss) for miss in self.misses],
            "suggestion": None if self.suggestion is None else self.suggestion.to_dict(),
            "suggested": self.suggested,
        }


@frozen(kw_only=True)
class Explanation:
    """The story of one user. As text it is what `trig explain` prints."""

    user: str
    lines: tuple[Line, ...] = field(repr=False)
    reasons: tuple[Reason, ...] = field(repr=False)
    silences: tuple[Silence, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Value]:
        """The JSON form."""
        return {
            "user": self.user,
            "lines": [line.to_dict() for line in self.lines],
            "decisions": [reason.to_dict() for reason in self.reasons],
            "silent": [silence.to_dict() for silence in self.silences],
        }

    def __str__(self) -> str:
        from trigdsl.explainer.render_text import render

        return render(self)
