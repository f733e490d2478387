"""`? EXPRESSION` → its value for the present user now; bare paths read the user's latest event.

The expression becomes part of a copy of the session from its beginning, so that it may ask for anything that happened.
"""

from __future__ import annotations

from attrs import evolve

from trigdsl.diagnostics.diagnostic import Severity, TrigError
from trigdsl.engine.action_types import EmitAction
from trigdsl.engine.context import EMPTY
from trigdsl.engine.state import State
from trigdsl.explainer.wording import value
from trigdsl.model.values import Value
from trigdsl.repl.reading import NAME, Placed
from trigdsl.repl.refusal import Faults, Refusal
from trigdsl.repl.session import Session
from trigdsl.repl.texts import Texts, TypedItem
from trigdsl.repl.world import Ruled, World
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.printer import print_tree
from trigdsl.syntax.walk import walk

_RULE = "asked_at_the_prompt"
_NOBODY = "nothing_happened_yet"


def ask(session: Session, text: str) -> str:
    """The value of an expression as JSON, `missing` or `unknown`; raises Refusal or Faults."""
    if not text:
        raise Refusal("what is asked for?", "write an expression: `? cart.value > 200`")
    _check_form(text)
    event, properties = _latest(session)
    head = f"rule {_RULE}: if {print_tree(nodes.Name(text=event))} where false then emit {_RULE} {{ value: "
    asked = TypedItem(("rule", _RULE), f"{head}{text} }}")
    journal = session.journal
    ids: dict[int, Ruled] = {}

    def asking(ruled: Ruled) -> Ruled:
        if id(ruled) not in ids:
            ids[id(ruled)] = _with(ruled.texts, asked, len(head), text)
        return ids[id(ruled)]

    steps = tuple(
        evolve(step, acts=tuple(asking(act) if isinstance(act, Ruled) else act for act in step.acts))
        for step in journal.steps
    )
    world = evolve(journal, opening=asking(journal.opening), steps=steps).world()
    rule = next(one.node for one in world.checked.rules if one.name == _RULE)
    node = next(part.value for part in walk(rule) if isinstance(part, nodes.Entry))
    return f"  {value(_evaluate(world, session.user, properties), node)}"


def _check_form(text: str) -> None:
    """Raises Faults for what is no expression: where one may end, so that nothing is said of what follows it."""
    head = "segment asked = "
    source = Source(f"{NAME} question", head + text)
    placed = Placed(source, Source(NAME, text), len(head), len(head) + len(text), len(head), clamps=True)
    parsed = parse_file(source)
    wrong = [placed.mapped(one) for one in parsed.diagnostics if one.severity is Severity.ERROR]
    if wrong:
        raise Faults(tuple(wrong[:1]))


def _latest(session: Session) -> tuple[str, dict[str, Value]]:
    """The latest event of the user, by its name in rules, and its properties."""
    user, world = session.world.user_of(session.user), session.world
    for given in reversed(world.inputs):
        if given.event is not None and world.user_of(given.user) == user:
            return world.program.event_names.get(given.event, given.event), given.properties or EMPTY
    return _NOBODY, EMPTY


def _with(texts: Texts, asked: TypedItem, start: int, text: str) -> Ruled:
    """The program with the question in it; raises Faults with what is wrong in the question."""
    more = evolve(texts, typed=(*texts.typed, asked))
    try:
        return Ruled(more, *more.compile())
    except TrigError as error:
        at = more.start_of(asked) + start
        source = Source(str(more.folder / NAME), more.typed_text)
        placed = Placed(source, Source(NAME, text), at, at + len(text), at, clamps=True)
        raise Faults(tuple(placed.mapped(one) for one in error.diagnostics if placed.has(one))[:1]) from error


def _evaluate(world: World, user: str, properties: dict[str, Value]) -> Value:
    rule = next(one for one in world.program.rules if one.name == _RULE)
    [action] = rule.steps[0].actions
    assert isinstance(action, EmitAction)
    state = world.state(user) or State(user)
    c = world.clockwork.machine.context
    c.state, c.now, c.history, c.rule = state, world.now, state.history, rule
    c.event = c.trigger = properties
    c.seq, c.captured = state.seq or None, None
    record = action.evaluate(c)
    return record.get("value") if isinstance(record, dict) else None
