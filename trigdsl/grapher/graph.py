"""Checked program → what hangs together: events, rules, lists, segments, attributes, calendars and channels."""

from __future__ import annotations

from attrs import define, field, frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.model.values import Value
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

KINDS = ("event", "attribute", "calendar", "list", "segment", "rule", "channel", "function")


@frozen(order=True)
class Vertex:
    """One thing of a program: its kind and its name in the rules."""

    kind: str
    name: str


@frozen(order=True)
class Edge:
    """How one thing acts on another, in the rules' own words: `triggers`, `unless`, `stop on`, `asked`, `send` …"""

    source: Vertex
    target: Vertex
    label: str


@frozen
class Graph:
    """The vertices by kind, then name, and the edges in the order of the rules, none twice."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]

    def to_dict(self) -> dict[str, Value]:
        return {
            "nodes": [{"kind": one.kind, "name": one.name} for one in self.vertices],
            "edges": [
                {
                    "from": {"kind": one.source.kind, "name": one.source.name},
                    "to": {"kind": one.target.kind, "name": one.target.name},
                    "label": one.label,
                }
                for one in self.edges
            ],
        }


def graph(checked: CheckedProgram) -> Graph:
    """What hangs together in a program."""
    builder = _Builder(checked)
    for segment in checked.segments.values():
        builder.reads(Vertex("segment", segment.name.text), segment.condition)
    for rule in checked.rules:
        builder.rule(rule)
    for channel, policies in checked.channels.items():
        for policy in policies:
            builder.policy(Vertex("channel", channel), policy)
    edges = tuple(builder.edges)
    vertices = {vertex for edge in edges for vertex in (edge.source, edge.target)} | builder.vertices
    return Graph(tuple(sorted(vertices, key=lambda one: (KINDS.index(one.kind), one.name))), edges)


@define
class _Builder:
    """Collects vertices and edges; a dict keeps the order of edges and drops those that come twice."""

    checked: CheckedProgram
    edges: dict[Edge, None] = field(factory=dict)
    vertices: set[Vertex] = field(factory=set)

    def rule(self, rule: CheckedRule) -> None:
        of = Vertex("rule", rule.name)
        self.vertices.add(of)
        self._trigger(of, rule.node.trigger)
        if rule.node.condition is not None:
            self.reads(of, rule.node.condition)
        for step in rule.node.steps:
            self._step(of, step)
        for clause in rule.node.clauses:
            if isinstance(clause, nodes.StopOn):
                self._events(of, clause.event, "stop on")
            elif isinstance(clause, nodes.Goal):
                self._events(of, clause.event, "goal")

    def _trigger(self, of: Vertex, trigger: nodes.Trigger) -> None:
        match trigger:
            case nodes.EventTrigger():
                self._events(of, trigger.event, "triggers")
            case nodes.SilenceTrigger():
                self._events(of, trigger.event, "silence triggers")
            case nodes.BecomesTrigger() | nodes.ChangesTrigger():
                self._edge(Vertex("attribute", f"user.{trigger.attribute.text}"), of, "triggers")
            case nodes.MembershipTrigger():
                self._edge(
                    self._members(trigger.name), of, "entering triggers" if trigger.enters else "leaving triggers"
                )
            case nodes.IgnoredTrigger():
                self._edge(Vertex("rule", trigger.rule.text), of, "ignored triggers")
            case nodes.CalendarTrigger(schedule=nodes.EveryDateOf(calendar=calendar)):
                self._edge(Vertex("calendar", calendar.text), of, "triggers")
            case nodes.CalendarTrigger(schedule=nodes.EveryYearOf(attribute=attribute)):
                self._edge(Vertex("attribute", f"user.{attribute.text}"), of, "triggers")

    def _step(self, of: Vertex, step: nodes.Step) -> None:
        if step.guard is not None:
            self.reads(of, step.guard)
        for unless in step.unless:
            self._events(of, unless.event, "unless")
        for day in step.days:
            self.policy(of, day)
        for action in step.actions:
            self._action(of, action)

    def _action(self, of: Vertex, action: nodes.Action) -> None:
        match action:
            case nodes.Send():
                self._edge(of, Vertex("channel", action.channel.text), "send")
                for variant in action.variants:
                    if isinstance(variant, nodes.WhenVariant) and variant.condition is not None:
                        self.reads(of, variant.condition)
            case nodes.SetAttribute():
                self._edge(of, Vertex("attribute", f"user.{action.attribute.text}"), "set")
            case nodes.AddTo():
                self._edge(of, Vertex("list", action.list.text), "add")
            case nodes.RemoveFrom():
                self._edge(of, Vertex("list", action.list.text), "remove")
            case nodes.Emit():
                self._edge(of, Vertex("event", action.event.text), "emit")
            case nodes.CallAction():
                self._edge(of, Vertex("function", action.name.text), "call")

    def policy(self, of: Vertex, policy: nodes.Node) -> None:
        """What a policy of a channel, or the days of a step, hang on."""
        if isinstance(policy, nodes.OnCalendar):
            self._edge(Vertex("calendar", policy.calendar.text), of, "not on" if policy.negated else "on")
        elif isinstance(policy, nodes.Requires):
            self.reads(of, policy.condition)

    def reads(self, of: Vertex, condition: nodes.Expression) -> None:
        """The events, lists, segments and attributes that a condition asks about."""
        for node in walk(condition):
            match node:
                case nodes.Happened() | nodes.Aggregate():
                    self._events(of, node.event, "asked")
                    if node.period is not None and node.period.event is not None:
                        self._events(of, node.period.event, "asked")
                case nodes.TimeSince() | nodes.Previous():
                    self._events(of, node.event, "asked")
                case nodes.Member():
                    self._edge(self._members(node.name), of, "asked")
                case nodes.Path(parts=("user", name, *_)):
                    self._edge(Vertex("attribute", f"user.{name}"), of, "asked")

    def _events(self, of: Vertex, events: nodes.EventSet, label: str) -> None:
        match events:
            case nodes.Event():
                self._edge(Vertex("event", events.name), of, label)
            case nodes.AnyEvent():
                self._edge(Vertex("event", "any"), of, label)
            case nodes.SystemEvent():
                self._edge(Vertex("rule", events.rule.text), of, f"{events.kind} {label}")
            case nodes.EventGroup():
                for one in events.events:
                    self._events(of, one, label)
            case nodes.EventWhere():
                self._events(of, events.event, label)
                self.reads(of, events.condition)

    def _members(self, name: nodes.Name) -> Vertex:
        return Vertex("segment" if name.text in self.checked.segments else "list", name.text)

    def _edge(self, source: Vertex, target: Vertex, label: str) -> None:
        self.edges[Edge(source, target, label)] = None
