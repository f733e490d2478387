"""Expressions → Python source, the three-valued logic compiled away.

A condition is needed in one of three forms: certainly true, certainly false, or its value.  `true(a and b)` is
`true(a) and true(b)`, `false(a and b)` is `false(a) or false(b)`, `true(not a)` is `false(a)`; so negation moves
down to comparisons, and there unknown is simply neither.  What comes out are plain Python expressions over `c`,
the context, that never raise.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from trigdsl.checker.paths import resolve
from trigdsl.compiler import quick
from trigdsl.engine.functions import BUILTINS
from trigdsl.engine.values import compile_pattern
from trigdsl.model.durations import SECONDS_OF_UNIT
from trigdsl.model.values import SECOND, Micros
from trigdsl.syntax import nodes

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit


def length_of(duration: nodes.Duration) -> Micros:
    """The length of a duration in microseconds."""
    return sum(count * SECONDS_OF_UNIT[unit] for count, unit in duration.parts) * SECOND


class Reading(Enum):
    """What bare paths and `trigger.…` read where the expression stands."""

    TRIGGERING = "the triggering event, both"
    TESTED = "inside `where`: the event that is tested, and the triggering one"
    NOTHING = "in a segment: there is no event"
    KEPT = "inside a `where` decided later: what was noted of the tested event, and the triggering one"


_ORDERS = {"<": ("less", ">="), "<=": ("less_equal", ">"), ">": ("greater", "<="), ">=": ("greater_equal", "<")}
_TEXT_TESTS = {"contains": "contains", "starts with": "starts_with", "ends with": "ends_with"}
_LOCAL = frozenset({"hour", "minute", "weekday", "date", "day", "month"})


class Writer:
    """Writes the Python of one function's expressions.

    `kept` collects what a later `where` must note.  With `shared` a dict, what the conditions of one function
    read of the event is read once: the dict collects names of local variables by what they hold.  `properties` is
    what the event's properties are called.  `only` limits what is shared to these reads, and `reads` counts them.
    """

    def __init__(self, unit: Unit, reading: Reading = Reading.TRIGGERING, rule: str | None = None) -> None:
        self.unit = unit
        self.reading = reading
        self.rule = rule
        self.kept: list[nodes.Expression] = []
        self.shared: dict[str, str] | None = None
        self.only: frozenset[str] | None = None
        self.reads: Counter[str] = Counter()
        self.properties = "c.event"
        self.without_event = reading is Reading.NOTHING
        self._temporaries = 0

    # ------------------------------------------------------------------ certainly true, certainly false
    def true(self, node: nodes.Expression) -> str:
        """Python that is truthy when the condition is certainly true."""
        return self._certain(node, True)

    def false(self, node: nodes.Expression) -> str:
        """Python that is truthy when the condition is certainly false."""
        return self._certain(node, False)

    def _certain(self, node: nodes.Expression, wanted: bool) -> str:
        match node:
            case nodes.Not():
                return self._certain(node.operand, not wanted)
            case nodes.And() | nodes.Or():
                word = " and " if isinstance(node, nodes.And) is wanted else " or "
                return "(" + word.join(self._certain(operand, wanted) for operand in node.operands) + ")"
            case nodes.Compare():
                return self._comparison(node, wanted)
            case nodes.Exists(operand=nodes.Number() | nodes.Text() | nodes.Negative(operand=nodes.Number())):
                return repr(node.negated is not wanted)  # of `1 is not None` Python warns
            case nodes.Exists():
                return f"({self.value(node.operand)} is {'not ' if node.negated is not wanted else ''}None)"
            case nodes.Member():
                return self._member(node, wanted)
            case nodes.Happened():
                return self._happened(node, wanted)
            case nodes.Boolean():
                return repr(node.value is wanted)
            case nodes.In() if quickly := quick.membership(self, node, self._place(node), wanted):
                return quickly
            case nodes.Matches() if quickly := quick.matching(self, node, self._place(node), wanted):
                return quickly
            case nodes.In() | nodes.Matches():
                return f"({self.value(node)} is {wanted})"
        v = self.temporary()
        held = "" if wanted else "not "
        return f"({held}{v} if ({v} := {self.value(node)}).__class__ is bool else truth(c, {self._place(node)}, {v}))"

    def _comparison(self, node: nodes.Compare, wanted: bool) -> str:
        if node.operator in _TEXT_TESTS:
            if quickly := quick.text_test(self, node, self._place(node), wanted):
                return quickly
            return f"({self.value(node)} is {wanted})"
        left, right = node.left, node.right
        guard = quick.literal_guard(right)
        if node.operator in ("==", "!="):
            slow = "equal" if node.operator == "==" else "unequal"
            sign = "==" if (node.operator == "==") is wanted else "!="
        else:
            slow, opposite = _ORDERS[node.operator]
            sign = node.operator if wanted else opposite
        place = self._place(node)
        if guard is None or (guard != quick.IS_NUMBER and sign not in ("==", "!=")):
            return f"({slow}(c, {place}, {self.value(left)}, {self.value(right)}) is {wanted})"
        literal = self.value(right)
        general = f"{slow}(c, {place}, {{0}}, {literal}) is {wanted}"
        if isinstance(left, nodes.Arithmetic) and (
            quickly := quick.reckoned(self, left, self._place(left), sign, literal, general)
        ):
            return quickly
        v, held = self.temporary(), self.value(left)
        if self.shared is not None and held in self.shared.values():
            fits = self._share(f"{held}.__class__ {guard.format(held)}")
            return f"({held} {sign} {literal} if {fits} else {slow}(c, {place}, {held}, {literal}) is {wanted})"
        return (
            f"({v} {sign} {literal} if ({v} := {held}).__class__ {guard.format(v)} "
            f"else {slow}(c, {place}, {v}, {literal}) is {wanted})"
        )

    def _member(self, node: nodes.Member, wanted: bool) -> str:
        if self.reading is Reading.KEPT:
            return f"({self._keep(node)} is {wanted})"
        inside = node.negated is not wanted
        name = node.name.text
        if name in self.unit.checked.segments:
            return f"{self.unit.segment(name, certainly=inside)}(c)"
        return f"({name!r} {'' if inside else 'not '}in (c.state.lists or ()))"

    def _happened(self, node: nodes.Happened, wanted: bool) -> str:
        held = "" if node.negated is not wanted else "not "
        return f"({held}{self.unit.questions.happened(node, self)})"

    # ------------------------------------------------------------------ values
    def value(self, node: nodes.Expression) -> str:
        """Python that gives the value, None when it is missing or unknown."""
        match node:
            case nodes.Text() | nodes.Number() | nodes.Boolean():
                return repr(node.value)
            case nodes.Date():
                return self.unit.code.constant(node.value, node.value.isoformat())
            case nodes.Duration():
                length = timedelta(microseconds=length_of(node))
                return self.unit.code.constant(length, f"{length.total_seconds():.0f} s")
            case nodes.Path():
                return self._path(node)
            case nodes.Default():
                v = self.temporary()
                fallback = self.value(node.fallback)
                return f"({v} if ({v} := {self.value(node.operand)}) is not None else {fallback})"
            case nodes.Arithmetic():
                return quick.arithmetic(self, node, self._place(node))
            case nodes.Negative(operand=nodes.Number(value=number)):
                return f"({-number!r})"
            case nodes.Negative():
                return f"negate(c, {self._place(node)}, {self.value(node.operand)})"
            case nodes.Call():
                return self._call(node)
            case nodes.ListLiteral():
                return "[" + ", ".join(self.value(item) for item in node.items) + "]"
            case nodes.RecordLiteral():
                return self.record(node)
            case nodes.In():
                inside = f"is_in(c, {self._place(node)}, {self.value(node.operand)}, {self.value(node.container)})"
                return self._negation(inside) if node.negated else inside
            case nodes.Matches():
                return f"text_test(c, {self._place(node)}, matches, {self.value(node.operand)}, {self.pattern(node)})"
            case nodes.Compare(operator=operator) if operator in _TEXT_TESTS:
                operands = f"{self.value(node.left)}, {self.value(node.right)}"
                return f"text_test(c, {self._place(node)}, {_TEXT_TESTS[operator]}, {operands})"
            case nodes.Aggregate() | nodes.TimeSince() | nodes.Previous():
                return self.unit.questions.value(node, self)
        return f"(True if {self.true(node)} else False if {self.false(node)} else None)"

    def pattern(self, node: nodes.Matches) -> str:
        """A name for the pattern of RE2."""
        return self.unit.code.constant(compile_pattern(node.pattern.value), f"re2 {node.pattern.value!r}")

    def record(self, node: nodes.RecordLiteral, nulls: bool = False) -> str:
        """Python for a record; entries that are missing are left out, or None with `nulls`."""
        tree: dict[str, object] = {}
        for entry in node.entries:
            branch = tree
            for name in entry.key[:-1]:
                branch = branch.setdefault(name, {})  # type: ignore[assignment]
            branch[entry.key[-1]] = entry.value
        return self._record(tree, nulls)

    def _record(self, tree: dict[str, object], nulls: bool) -> str:
        entries = ", ".join(
            f"{name!r}: {self._record(held, nulls) if isinstance(held, dict) else self.value(held)}"  # type: ignore[arg-type]
            for name, held in tree.items()
        )
        return f"{{{entries}}}" if nulls else f"present({{{entries}}})"

    def _negation(self, text: str) -> str:
        v = self.temporary()
        return f"(None if ({v} := {text}) is None else not {v})"

    def _path(self, node: nodes.Path) -> str:
        root, rest = resolve(node.parts)
        if self.reading is Reading.KEPT and root in ("event", "user", "local"):
            return self._keep(node)
        text = self._read(root, rest)
        declared = self.unit.checked.types.get(node.id)
        if declared in ("date", "instant") and root in ("event", "trigger", "user") and text != "None":
            return f"read_{declared}(c, {self._place(node)}, {text})"
        return text

    def _read(self, root: str, rest: tuple[str, ...]) -> str:
        match root:
            case "event" | "trigger":
                if self.without_event:
                    return "None"
                text = self._fields("c.trigger" if self._reads_trigger(root) else self.properties, rest)
                return self._shared_read(text)
            case "user":
                return self._fields("(c.state.profile or EMPTY)", rest)
            case "now":
                return "instant(c.now)" if not rest else "None"
            case "local":
                return self._local(rest[0]) if len(rest) == 1 and rest[0] in _LOCAL else "None"
            case "rule":
                return f"c.rule_{rest[0]}" if rest in (("name",), ("title",)) else "None"
        raise AssertionError(root)

    def _local(self, name: str) -> str:
        text = f"c.local_{name}()"
        # What may be left unread is not read before it is needed, but for times of day that are read again and again.
        return self._shared_read(text) if name in ("hour", "minute") and (self.shared is None or self.only) else text

    def _shared_read(self, text: str) -> str:
        self.reads[text] += 1
        is_shared = self.shared is not None and (self.only is None or text in self.only)
        return self._share(text) if is_shared else text

    def _reads_trigger(self, root: str) -> bool:
        return root == "trigger" and self.reading is Reading.TESTED

    def _fields(self, text: str, names: tuple[str, ...]) -> str:
        for place, name in enumerate(names):
            if place == 0:
                text = f"{text}.get({name!r})"
            else:
                v = self.temporary()
                text = f"({v}.get({name!r}) if ({v} := {text}).__class__ is dict else None)"
        return text

    def _call(self, node: nodes.Call) -> str:
        arguments = "".join(f", {self.value(argument)}" for argument in node.arguments)
        name = node.name.text
        if name in BUILTINS:
            function = self.unit.code.constant(BUILTINS[name].call, f"built-in {name}")
            return f"call(c, {self._place(node)}, {function}{arguments})"
        return f"call_host(c, {self._place(node)}, {name!r}{arguments})"

    def _keep(self, node: nodes.Expression) -> str:
        if node not in self.kept:
            self.kept.append(node)
        return f"e[{self.kept.index(node)}]"

    # ------------------------------------------------------------------
    def _share(self, text: str) -> str:
        assert self.shared is not None
        if text not in self.shared:
            self.shared[text] = f"s{len(self.shared) + 1}"
        return self.shared[text]

    def _place(self, node: nodes.Node) -> int:
        return self.unit.place(node, self.rule)

    def is_plain_read(self, node: nodes.Path) -> bool:
        """Whether a path reads a property or attribute as it stands, of which no warning can come."""
        root, _ = resolve(node.parts)
        if self.reading is Reading.KEPT or root not in ("event", "trigger", "user"):
            return False
        return self.unit.checked.types.get(node.id) not in ("date", "instant")

    def temporary(self) -> str:
        """A fresh name for a value that is used twice."""
        self._temporaries += 1
        return f"v{self._temporaries}"
