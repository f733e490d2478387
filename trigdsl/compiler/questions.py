"""Questions about a user's history → history slots, and the Python that asks them.

Each thing asked gets a slot that keeps just what its answer needs; the same thing asked twice shares one.
A `where` is decided when its event arrives; if it reads `trigger.` or `now`, what it reads of the event is
noted then, and the rest is decided when the question is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from trigdsl.compiler.expressions import Reading, Writer, length_of
from trigdsl.compiler.patterns import Alternative, alternatives, decided_later
from trigdsl.engine import history
from trigdsl.model.values import Micros
from trigdsl.syntax import nodes
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit


@define(eq=False)
class Asked:
    """A slot under construction: its class, what it keeps of which events, and for how long."""

    number: int
    kind: type[Any]
    ways: tuple[Alternative, ...]
    what: str
    """What it is asked for, as text: slots of one kind, of other programs too, ask the same when this is equal."""
    read: history.Read | None = None
    length: Micros = 0
    reset: tuple[Alternative, ...] = ()
    timed: bool = False
    label: str = ""

    @property
    def key(self) -> str:
        """What the slot keeps, as text."""
        timed = " timed" if self.timed else ""
        return f"{self.kind.__name__.lower()}{timed} {self.what}"

    def slot(self) -> history.Slot:
        if self.kind in (history.Latest, history.Count):
            return self.kind(self.number)  # type: ignore[no-any-return]
        if self.kind is history.Window:
            return history.Window(self.number, self.length, self.read)
        if self.kind is history.Tally:
            return history.Tally(self.number, self.read, self.timed)
        return self.kind(self.number, self.read)  # type: ignore[no-any-return]


@define(eq=False)
class Later:
    """A `where` that is decided when the question is asked: the slot, the test, the place of the property."""

    asked: Asked
    test: str
    value: int | None


class Questions:
    """All slots of a program."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._asked: dict[Any, Asked] = {}
        self._later: dict[Any, Later] = {}
        self.captures: dict[str | None, set[int]] = {}
        self.touched: set[int] = set()
        """The slots that were asked since somebody emptied it, to tell which rule asks which."""

    @property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(self._asked.values())

    # ------------------------------------------------------------------ slots
    def ask(
        self,
        kind: type[Any],
        event: nodes.EventSet,
        path: tuple[str, ...] = (),
        *,
        length: Micros = 0,
        reset: nodes.EventSet | None = None,
    ) -> Asked:
        """The slot of that kind for these events (and property), made when it is asked for first."""
        key = (kind, event, path, reset)
        if key not in self._asked:
            read = self._property(path) if path else None
            ways = alternatives(self._unit, event)
            again = alternatives(self._unit, reset) if reset is not None else ()
            label = _label(event, path)
            what = _what(event, path, (*ways, *again)) + (f" since {print_tree(reset)}" if reset is not None else "")
            self._asked[key] = Asked(len(self._asked), kind, ways, what, read, reset=again, label=label)
        asked = self._asked[key]
        self.touched.add(asked.number)
        asked.length = max(asked.length, length)
        return asked

    def _property(self, path: tuple[str, ...]) -> history.Read:
        text = Writer(self._unit, Reading.TESTED).value(nodes.Path(("event", *path)))
        return self._unit.function("read_" + "_".join(path), "c", ".".join(path), text)

    def _later_where(self, event: nodes.EventSet, path: tuple[str, ...], writer: Writer, length: Micros) -> Later:
        key = (event, path, writer.reading is Reading.NOTHING, writer.rule)
        if key not in self._later:
            self._later[key] = self._make_later(event, path, writer)
        later = self._later[key]
        self.touched.add(later.asked.number)
        later.asked.length = max(later.asked.length, length)
        return later

    def _make_later(self, event: nodes.EventSet, path: tuple[str, ...], writer: Writer) -> Later:
        """The slot notes, for each way to fit, whether the early conditions held, then what the late ones read."""
        ways = alternatives(self._unit, event)
        late = Writer(self._unit, Reading.KEPT, writer.rule)
        late.without_event = writer.reading is Reading.NOTHING
        early = Writer(self._unit, Reading.TESTED, writer.rule)
        notes, tests = [], []
        for way in ways:
            now = [early.true(condition) for condition in way.conditions if not decided_later(condition)]
            if way.name is not None:
                now.insert(0, f"c.name == {way.name!r}")
            notes.append("bool(" + (" and ".join(now) or "True") + ")")
            then = [late.true(condition) for condition in way.conditions if decided_later(condition)]
            tests.append((len(notes) - 1, then))
        shift = len(notes)
        notes += [early.value(node) for node in late.kept]
        if path:
            notes.append(early.value(nodes.Path(("event", *path))))
        text = " or ".join("(" + " and ".join([f"w[{place}]", *then]) + ")" for place, then in tests)
        name = f"where_{event.id}"
        test = self._unit.function(name, "c, w", event.span.text, f"(lambda e: {text})(w[{shift}:])")
        read = self._unit.function(f"note_{event.id}", "c", f"of {event.span.text}", f"({', '.join(notes)},)")
        # What it notes depends on what can be read where it is asked.
        asker = f"{'a trigger' if late.without_event else 'an event'} of {self._unit.said(writer.rule)}"
        what = f"{_what(event, path, ways)} for {asker}"
        any_way = tuple(Alternative(way.name, ()) for way in ways)
        asked = Asked(len(self._asked), history.Window, any_way, what, read, label=_label(event, path))
        self._asked[object()] = asked
        return Later(asked, test.__name__, len(notes) - 1 if path else None)

    # ------------------------------------------------------------------ the Python that asks
    def happened(self, node: nodes.Happened, writer: Writer) -> str:
        """Python for `E in last D` and its like, without its `no`."""
        period = node.period
        if _is_late(node.event):
            later = self._later_where(node.event, (), writer, self._length(period))
            return f"any({later.test}(c, w) for w in {self._values(later.asked, period)})"
        slot = self.ask(history.Latest, node.event).number
        match period.kind:
            case "last":
                return f"in_last(c, {slot}, {length_of(_given(period.duration))})"
            case "today":
                return f"today(c, {slot})"
            case "since":
                return f"since(c, {slot}, {self.ask(history.Latest, _given(period.event)).number})"
        return f"ever(c, {slot})"

    def value(self, node: nodes.Aggregate | nodes.TimeSince | nodes.Previous, writer: Writer) -> str:
        """Python for an aggregate, `time since E` or `previous(E.p)`."""
        match node:
            case nodes.Aggregate():
                return self._declared(node, self._aggregate(node, writer), writer)
            case nodes.TimeSince(previous=False):
                return f"time_since(c, {self.ask(history.Latest, node.event).number})"
        if writer.reading is Reading.NOTHING:
            return "None"
        path = node.path if isinstance(node, nodes.Previous) else ()
        slot = self.ask(history.Recent, node.event, path).number
        self.captures.setdefault(writer.rule, set()).add(slot)
        if isinstance(node, nodes.TimeSince):
            return f"time_since_previous(c, {slot})"
        return self._declared(node, f"previous(c, {slot})", writer)

    def _aggregate(self, node: nodes.Aggregate, writer: Writer) -> str:
        period = node.period
        function = node.function
        if period is None or period.kind == "ever":
            if function == "count":
                return f"count(c, {self.ask(history.Count, node.event).number})"
            asked = self.ask(history.Tally, node.event, node.path)
            asked.timed |= function in ("first", "last")
            return f"tally(c, {asked.number}, {function!r})"
        if period.kind == "since":
            asked = self.ask(history.Tally, node.event, node.path, reset=period.event)
            asked.timed = True
            return f"tally(c, {asked.number}, {function!r})"
        if _is_late(node.event):
            later = self._later_where(node.event, node.path, writer, self._length(period))
            held = "w" if later.value is None else f"w[{later.value}]"
            values = self._values(later.asked, period)
            there = "" if later.value is None else f" and {held} is not None"
            return f"aggregate({function!r}, [{held} for w in {values} if {later.test}(c, w){there}])"
        asked = self.ask(history.Window, node.event, node.path, length=self._length(period))
        if function in ("count", "sum") and period.kind == "last":
            return f"{function}_in_last(c, {asked.number}, {self._length(period)})"
        return f"aggregate({function!r}, {self._values(asked, period)})"

    def _values(self, asked: Asked, period: nodes.Period) -> str:
        if period.kind == "today":
            return f"values_today(c, {asked.number})"
        return f"values_in_last(c, {asked.number}, {length_of(_given(period.duration))})"

    def _length(self, period: nodes.Period) -> Micros:
        return history.TODAY_KEEP if period.kind == "today" else length_of(_given(period.duration))

    def _declared(self, node: nodes.Expression, text: str, writer: Writer) -> str:
        declared = self._unit.checked.types.get(node.id)
        if declared in ("date", "instant"):
            return f"read_{declared}(c, {self._unit.place(node, writer.rule)}, {text})"
        return text

    # ------------------------------------------------------------------ when a window passes
    def passes(self, condition: nodes.Expression) -> list[str]:
        """Python for the moments at which the windows of a segment's condition pass next."""
        found: list[str] = []
        for node in walk(condition):
            if isinstance(node, nodes.Member) and node.name.text in self._unit.checked.segments:
                found += self.passes(self._unit.checked.segments[node.name.text].condition)
            period = node.period if isinstance(node, nodes.Happened | nodes.Aggregate) else None
            if period is None or period.kind not in ("last", "today"):
                continue
            if period.kind == "today":
                found.append("today_passes(c)")
                continue
            assert isinstance(node, nodes.Happened | nodes.Aggregate)
            length = length_of(_given(period.duration))
            if _is_late(node.event):
                path = node.path if isinstance(node, nodes.Aggregate) else ()
                late = self._later_where(node.event, path, Writer(self._unit, Reading.NOTHING), length)
                found.append(f"window_passes(c, {late.asked.number}, {length})")
            elif isinstance(node, nodes.Happened):
                found.append(f"latest_passes(c, {self.ask(history.Latest, node.event).number}, {length})")
            else:
                slot = self.ask(history.Window, node.event, node.path, length=length).number
                found.append(f"window_passes(c, {slot}, {length})")
        return list(dict.fromkeys(found))


def _label(event: nodes.EventSet, path: tuple[str, ...]) -> str:
    """The events, and the property of them, as a rule writes them."""
    text = print_tree(event)
    if not path:
        return text
    return f"{text}.{'.'.join(path)}" if isinstance(event, nodes.Event) else f"{'.'.join(path)} of {text}"


def _what(event: nodes.EventSet, path: tuple[str, ...], ways: tuple[Alternative, ...]) -> str:
    """The property, the events as rules name them, and their names on the wire."""
    wires = ", ".join(dict.fromkeys("*" if way.name is None else way.name for way in ways))
    return " ".join((*([".".join(path)] if path else []), "of", print_tree(event), f"[{wires}]"))


def _is_late(event: nodes.EventSet) -> bool:
    return any(isinstance(node, nodes.EventWhere) and decided_later(node.condition) for node in walk(event))


def _given(part: Any) -> Any:
    assert part is not None
    return part
