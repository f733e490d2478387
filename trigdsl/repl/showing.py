"""What happened in a world → lines for people, by the clock of the user at the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from trigdsl.diagnostics.excerpt import visible
from trigdsl.diagnostics.render_text import paint
from trigdsl.engine.tracing import Entry
from trigdsl.engine.zones import Zone
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences
from trigdsl.explainer.wording import moment
from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros
from trigdsl.model.violations import Violation
from trigdsl.repl.world import Epoch, Mark, World
from trigdsl.tester.wording import decision_in_words

BOLD, RED, GREEN, YELLOW, BLUE, DIM = "1", "1;31", "32", "33", "1;34", "2"
STYLES = {"sent": GREEN, "cancelled": YELLOW, "capped": YELLOW, "skipped": YELLOW, "control": BLUE, "pending": BLUE}
MOST_REFUSALS = 5
"""So many rules that a line did not trigger are told; the others are counted."""


@frozen
class Line:
    """A line that is shown, with the style that it has on a terminal, None for none."""

    text: str
    style: str | None = None

    def shown(self, color: bool) -> str:
        text = visible(self.text)
        return text if self.style is None else paint(text, self.style, color)


@frozen
class Painted:
    """A text that is shown as it is: it has been made visible, and perhaps coloured, already."""

    text: str


Said = Line | Painted | str


def shown(said: Said, color: bool) -> str:
    """What is said, as a terminal gets it: nothing that was typed or read can steer it."""
    if isinstance(said, Painted):
        return said.text
    if isinstance(said, Line):
        return said.shown(color)
    return "\n".join(visible(line) for line in said.split("\n"))


@define
class Showing:
    """Words what happens for the person at the prompt: `near` is the moment before, `user` whom they look at."""

    world: World
    user: str
    near: Micros
    _refused: int = field(default=0, init=False)

    def since(self, mark: Mark) -> Iterator[Line]:
        """Everything that happened since a mark, in its order."""
        reasons: dict[int, Reasons] = {}
        for epoch, entry in self.world.since(mark):
            told = reasons.setdefault(id(epoch), epoch.reasons())
            yield from self._told(epoch, entry, told)
        if self._refused > MOST_REFUSALS:
            more = self._refused - MOST_REFUSALS
            yield Line(f"  and {more} more rule{'' if more == 1 else 's'} not triggered: see `:whynot RULE`", DIM)
        for violation in self.world.violations[mark.violations :]:
            yield self.broken(violation)

    def _told(self, epoch: Epoch, entry: Entry, reasons: Reasons) -> Iterator[Line]:
        if entry.decision is not None:
            yield self.decision(entry.decision, entry.zone)
        elif entry.kind == "armed" and entry.until is not None:
            number = (entry.step or 0) + 1
            starts = "a run starts, " if number == 1 else ""
            yield self._line(entry, epoch, f"{starts}step {number} is due at {self._then(entry)}")
        elif entry.kind == "waits":
            yield self._line(entry, epoch, self._waits(entry))
        elif entry.kind == "tried" and entry.outcome != "started":
            self._refused += 1
            if self._refused <= MOST_REFUSALS:
                fired = entry.outcome not in ("where", "ordinal")
                said = f"{'starts no run' if fired else 'not triggered'}: {Silences(reasons).refusal(entry)[0]}"
                yield self._line(entry, epoch, said, DIM)

    def _then(self, entry: Entry) -> str:
        assert entry.until is not None
        return self._moment(entry.until, entry)

    def _moment(self, at: Micros, entry: Entry) -> str:
        """A moment on the clock of the entry's user, with the zone where that is not the one at the prompt."""
        elsewhere = "" if entry.user == self.user or entry.zone is self._zone else f" {entry.zone.name}"
        return moment(at, entry.zone, entry.time) + elsewhere

    @property
    def _zone(self) -> Zone:
        return self.world.zone(self.user)

    def _waits(self, entry: Entry) -> str:
        if entry.opens is None:
            return "waits for its window, which never opens again"
        opens = f"waits for its window, which opens at {self._moment(entry.opens, entry)}"
        return opens if entry.until == entry.opens else f"{opens}; it expires at {self._then(entry)}"

    def _line(self, entry: Entry, epoch: Epoch, text: str, style: str | None = None) -> Line:
        assert entry.rule is not None
        name = epoch.ruled.checked.rules[entry.rule].name
        return Line(f"{self._head(entry.user, entry.time, entry.zone)}{name}: {text}", style)

    def decision(self, decision: Decision, zone: Zone) -> Line:
        """One decision, at its time."""
        head = self._head(decision.user, decision.time, zone)
        return Line(f"{head}{decision_in_words(decision)}", STYLES.get(decision.status))

    def broken(self, violation: Violation) -> Line:
        """An invariant that was broken."""
        head = self._head(violation.user, violation.time, self.world.zone(violation.user))
        return Line(f"{head}broken: {violation.invariant}: {violation.promise} ({violation.because})", RED)

    def _head(self, user: str, at: Micros, zone: Zone) -> str:
        """When something happened, by the clock at the prompt, and to whom if it is another user."""
        if user == self.user:
            return f"  {moment(at, zone, self.near)}  "
        return f"  {moment(at, self._zone, self.near)}  {user}: "

    # ------------------------------------------------------------------ what waits
    def pending(self) -> Iterator[Line]:
        """Everything that waits, of all users, by time."""
        waiting: list[tuple[Micros, str, str]] = []
        for entry in self.world.pending():
            decision = entry.decision
            assert decision is not None
            what = f"{decision.rule} step {decision.step}: {_action(decision)}"
            what += ", waits for its window" if decision.reason == "window" else ""
            waiting.append((entry.time, entry.user, what))
        waiting += self._triggers()
        for at, user, what in sorted(waiting):
            yield Line(f"{self._head(user, at, self.world.zone(user))}{what}")

    def _triggers(self) -> Iterator[tuple[Micros, str, str]]:
        """Triggers that the clock will fire: silences, `ignored`, calendars."""
        names = [rule.name for rule in self.world.checked.rules]
        triggers = [" ".join(rule.node.trigger.span.text.split()) for rule in self.world.checked.rules]
        for user, state in self.world.clockwork.states.items():
            for rule, entry in (state.silences or {}).items():
                yield entry[0], user, f"{names[rule]}: fires then: {triggers[rule]}"
            for rule, sends in (state.ignored or {}).items():
                yield from ((send[0], user, f"{names[rule]}: fires then: {triggers[rule]}") for send in sends)
            for rule, entry in (state.calendar or {}).items():
                if entry[0] is not None:
                    yield entry[0], user, f"{names[rule]}: fires then: {triggers[rule]}"


def _action(decision: Decision) -> str:
    return f"{decision.action} {decision.channel or decision.target or ''}".strip()


def counted(decisions: Sequence[Decision]) -> str:
    """How many there are of each status: `3 sent, 1 cancelled`."""
    counts = {status: sum(one.status == status for one in decisions) for status in STYLES}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "nothing decided"
