"""A rule → scenes in which it acts, and others that differ from these in one condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from trigdsl.checker.paths import resolve
from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.checker.templates import TemplateSyntaxError, parse_template
from trigdsl.suggester.conditions import Solver
from trigdsl.suggester.samples import kind_of, sample
from trigdsl.suggester.scenes import ABSENT, DAY_LENGTH, Given, Needs, Scene
from trigdsl.suggester.topics import FIRST_KEY
from trigdsl.suggester.triggers import first_day
from trigdsl.suggester.ways import all_of
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk
from trigdsl.tester.literals import duration_value
from trigdsl.tester.stories import FIRST_DAY

MOST_TRIGGERS = 20


@frozen
class Choice:
    """One thing that can go several ways: `anchor` seconds after the moment, the first way being the wanted one."""

    anchor: int
    ways: tuple[Needs, ...]


def seeds(checked: CheckedProgram, rule: CheckedRule, solver: Solver, scenes: Sequence[Scene]) -> Iterator[Scene]:
    """From scenes that fire a rule: that in which all goes well, then those in which one thing goes another way."""
    fills = _fills(checked, rule, solver)
    choices = list(_choices(checked, rule, solver))
    day = first_day(rule.node)
    scenes = [evolve(scene, day=day) if scene.day == FIRST_DAY else scene for scene in scenes]
    for scene in scenes[:1]:
        yield _set_up(scene, fills, choices)
        for place, choice in enumerate(choices):
            for way in choice.ways[1:]:
                yield _set_up(scene, fills, (*choices[:place], evolve(choice, ways=(way,)), *choices[place + 1 :]))
        for fill in fills:
            yield _set_up(scene, fills, choices).given([evolve(fill, value=ABSENT)])
    for scene in scenes[1:MOST_TRIGGERS]:
        yield _set_up(scene, fills, choices)
    for scene in scenes[:MOST_TRIGGERS]:
        yield _set_up(scene, fills, ())


def _set_up(scene: Scene, fills: Sequence[Given], choices: Sequence[Choice]) -> Scene:
    scene = scene.given(fill for fill in fills if not _is_there(scene, fill))
    for choice in choices:
        scene = scene.given(choice.ways[0], choice.anchor)
    return scene


def _is_there(scene: Scene, fill: Given) -> bool:
    """Whether the trigger itself has settled a value, or a part or whole of it."""
    held = scene.profile if fill.root == "user" else tuple(
        pair for line in scene.lines if line.at == 0 and line.name in scene.carriers for pair in line.properties
    )  # fmt: skip
    changed = {line.name for line in scene.lines if line.kind == "set"} if fill.root == "user" else set()
    size = len(fill.path)
    return fill.path[0] in changed or any(
        path[:size] == fill.path or fill.path[: len(path)] == path for path, _ in held
    )


def _choices(checked: CheckedProgram, rule: CheckedRule, solver: Solver) -> Iterator[Choice]:
    if rule.node.condition is not None:
        yield _choice(0, rule.node.condition, solver)
    for step, anchor in zip(rule.node.steps, offsets(rule.node), strict=True):
        for action in step.actions:
            if isinstance(action, nodes.Send):
                for policy in checked.channels.get(action.channel.text, ()):
                    if isinstance(policy, nodes.Requires):
                        yield _choice(anchor, policy.condition, solver)
        if step.guard is not None:
            yield _choice(anchor, step.guard, solver)
        for action in step.actions:
            if isinstance(action, nodes.Send) and action.variants:
                yield from _variants(anchor, action.variants, solver)


def _choice(anchor: int, condition: nodes.Node, solver: Solver) -> Choice:
    ways = solver.ways(condition, True) or [()]
    return Choice(anchor, (*ways, *solver.ways(condition, False), *solver.ways(condition, None)))


def _variants(anchor: int, variants: Sequence[nodes.Variant], solver: Solver) -> Iterator[Choice]:
    """Each variant in turn, those before it being false; then each condition to all its sides."""
    conditions = [one.condition for one in variants if isinstance(one, nodes.WhenVariant) and one.condition is not None]
    ways: list[Needs] = []
    for place, condition in enumerate(conditions):
        others = [solver.ways(one, False)[:1] for one in conditions[:place]]
        ways += all_of([*others, solver.ways(condition, True)])
    if conditions:
        ways += all_of([solver.ways(one, False) for one in conditions])
        yield Choice(anchor, tuple(ways))


def offsets(rule: nodes.Rule) -> list[int]:
    """How many seconds after the trigger each step is due, when none waits for a time of day or a window."""
    found, at = [], 0
    for step in rule.steps:
        at += int(duration_value(step.after).total_seconds()) if step.after is not None else 0
        at += DAY_LENGTH * (step.calendar_days or 0)
        found.append(at)
    return found


def _fills(checked: CheckedProgram, rule: CheckedRule, solver: Solver) -> list[Given]:
    """Plain values for all that the actions of a rule read, so that they can be carried out."""
    paths: dict[tuple[str, ...], None] = {}
    for step in rule.node.steps:
        for action in step.actions:
            for node in walk(action):
                paths.update(dict.fromkeys(_reads(node)))
    found: dict[tuple[str, tuple[str, ...]], Given] = {}
    for path in paths:
        root, rest = resolve(path)
        if root in ("event", "user") and rest and rest != ("timezone",):
            kind = kind_of(checked, root, rest, solver.carriers)
            found[root, rest] = Given(root, rest, sample(rest, kind))
    for clause in rule.node.clauses:
        if isinstance(clause, nodes.ForEach):
            found["event", clause.path] = Given("event", clause.path, FIRST_KEY)
    return [fill for (root, rest), fill in found.items() if not _has_part(found, root, rest)]


def _has_part(found: dict[tuple[str, tuple[str, ...]], Given], root: str, rest: tuple[str, ...]) -> bool:
    """Whether a part of a value is read as well, which then makes up the value."""
    return any(other != rest and at == root and other[: len(rest)] == rest for at, other in found)


def _reads(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    match node:
        case nodes.Path(parts=parts):
            yield parts
        case nodes.Text() | nodes.TemplateFile():
            try:
                text = node.value if isinstance(node, nodes.Text) else _file(node)
                yield from sorted(parse_template(text).reads)
            except (TemplateSyntaxError, OSError):
                return


def _file(node: nodes.TemplateFile) -> str:
    return (Path(node.span.source.name).parent / node.path).read_text(encoding="utf-8")
