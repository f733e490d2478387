"""A program and what covers it → the stories that cover what its tests do not, each with the points it adds.

Rule after rule: its seeds, then what differs from the seeds that did something new in one thing, and so on; then
chance mixes what there is; last, where Hypothesis is installed, stories are drawn from all that the program mentions.
The outcome depends on the program, the seed and the budget alone (and, for what was drawn last, on Hypothesis).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from random import Random

from attrs import define, evolve, field, frozen

from trigdsl.checker.program import CheckedProgram, CheckedRule
from trigdsl.coverage import Point
from trigdsl.coverage.record import Recording
from trigdsl.engine.dates import day_number
from trigdsl.engine.program import Program
from trigdsl.model.values import SECOND
from trigdsl.suggester.conditions import Solver
from trigdsl.suggester.crowding import BACKS, Crowd, Sending, at_ends, crowds_of, joined
from trigdsl.suggester.scenes import Scene, zone_of
from trigdsl.suggester.seeds import seeds
from trigdsl.suggester.topics import Topic, channels_of, topic_of
from trigdsl.suggester.triggers import Triggers
from trigdsl.suggester.variations import Change, changes
from trigdsl.syntax import nodes
from trigdsl.syntax.nodes import Test
from trigdsl.tester.mentions import carriers_of
from trigdsl.tester.run import TestResult, run_test
from trigdsl.tester.stories import Line, Story

MOST_LINES = 40
MOST_RIVALS = 6
DRAWN_SHARE = 4
"""One in so many of the stories left, when all that was constructed is tried, is drawn from all that is mentioned."""

MOST_KINDS_OF_OUTCOME = 12
"""So many stories of a rule that cover nothing new but end in another way are varied as well."""

Outcome = frozenset[tuple[str, int, str, str | None, str | None]]


@frozen
class Found:
    """A story about a rule (None: about all) and the points that nothing before it covered."""

    story: Story
    rule: str | None
    points: frozenset[Point]


@define
class Pool:
    """What there is of one rule to be varied."""

    rule: CheckedRule
    topic: Topic
    scenes: list[tuple[Scene, tuple[int, ...]]] = field(factory=list)
    outcomes: set[Outcome] = field(factory=set)


class Search:
    """One search: `missing` are the points still to be covered, `found` the stories that cover the others."""

    def __init__(self, program: Program, checked: CheckedProgram, missing: Iterable[Point], budget: int) -> None:
        self._program = program
        self._checked = checked
        self._left = budget
        self._seen_texts: set[str] = set()
        self._bases: dict[str, tuple[Scene, int] | None] = {}
        self._triggers = Triggers(checked, program.rules, program.zone, self._base)
        self.missing = set(missing)
        self.found: list[Found] = []
        self.tried = 0

    def run(self, seed: int) -> None:
        """Search until all is covered or the budget is used up."""
        pools = [self._pool(rule) for rule in self._checked.rules]
        for place, pool in enumerate(pools):
            share = self._left // (len(pools) - place)
            self._direct(pool, self._left - share)
        drawn = self._left // DRAWN_SHARE if find_spec("hypothesis") is not None else 0
        self._mix([pool for pool in pools if pool.scenes], Random(seed), drawn)
        if drawn:
            self._draw(seed)

    # ------------------------------------------------------------------ one rule
    def _direct(self, pool: Pool, reserve: int) -> None:
        """Try what was constructed for a rule, and what differs from it in one thing."""
        solver = self._solver(pool.rule)
        for scene in seeds(self._checked, pool.rule, solver, self._triggers.scenes(pool.rule, solver)):
            if self._is_done(pool, reserve):
                return
            self._try(scene, pool)
        self._crowd(pool, reserve)
        place = 0
        while place < len(pool.scenes):
            scene, anchors = pool.scenes[place]
            for change in changes(scene, anchors, pool.topic, self._kinds(pool)):
                if self._is_done(pool, reserve):
                    return
                self._try(change(scene), pool)
            place += 1

    def _crowd(self, pool: Pool, reserve: int) -> None:
        """Let other rules send before this one, until a cap is full, and around the end of its period."""
        base = self._base(pool.rule.name)
        if base is None:
            return
        own = Sending(*base)
        for crowd in crowds_of(self._program, pool.rule.index):
            bases = [self._base(name) for name in sorted(crowd.rules - {pool.rule.name})]
            others = [Sending(*one) for one in bases if one is not None][:MOST_RIVALS]
            self._fill(pool, own, others, crowd, reserve)
            for scene in at_ends(own, others, crowd.cap):
                if self._left > reserve and "cap" in self._kinds(pool):
                    self._try(scene, pool)

    def _fill(self, pool: Pool, own: Sending, others: Sequence[Sending], crowd: Crowd, reserve: int) -> None:
        most = 0
        for back in BACKS:
            for other in others:
                if self._left <= reserve or "cap" not in self._kinds(pool):
                    return
                scene = joined(own, other, back)
                result = self._try(scene, pool)
                if result is not None and crowd.is_full(result):
                    return
                if result is not None and crowd.count(result) > most:
                    most, own = crowd.count(result), evolve(own, scene=scene)

    def _is_done(self, pool: Pool, reserve: int = 0) -> bool:
        wanted = (point.rule == pool.rule.name for point in self.missing)
        return self._left <= reserve or not any(wanted)

    def _kinds(self, pool: Pool) -> set[str]:
        """The kinds of points of a rule that are still missing."""
        return {point.kind for point in self.missing if point.rule == pool.rule.name}

    def _mix(self, pools: list[Pool], random: Random, reserve: int) -> None:
        """Two things at once, drawn by chance."""
        known: dict[tuple[str, int], list[Change]] = {}
        for _ in range(self._left - reserve):
            pools = [pool for pool in pools if not self._is_done(pool)]
            if not pools:
                return
            pool = random.choice(pools)
            place = random.randrange(len(pool.scenes))
            scene, anchors = pool.scenes[place]
            held = known.get((pool.rule.name, place)) or list(changes(scene, anchors, pool.topic, self._kinds(pool)))
            known[pool.rule.name, place] = held
            self._try(random.choice(held)(random.choice(held)(scene)), pool)

    def _draw(self, seed: int) -> None:
        """Stories of anything that the program mentions."""
        from trigdsl.verifier.sampling import sample_stories

        def is_enough(story: Story) -> bool:
            if self._left > 0 and 0 < len(story.lines) <= MOST_LINES:
                self.look(story, None)
            return not self.missing or self._left <= 0

        if self.missing and self._left > 0:
            sample_stories(self._program, self._checked, self._left, seed, is_enough)

    # ------------------------------------------------------------------ one scene
    def _try(self, scene: Scene, pool: Pool) -> TestResult | None:
        """Try a scene for a rule; what became of it, None when it was tried before or cannot be a test."""
        story = scene.story(self._program.zone)
        text = repr(story)
        if text in self._seen_texts or not 0 < len(story.lines) <= MOST_LINES:
            return None
        self._seen_texts.add(text)
        result, points = self.look(story, pool.rule.name)
        if result is None:
            return None
        outcome = _outcome(result, pool.rule.name)
        is_other = outcome not in pool.outcomes and len(pool.outcomes) < MOST_KINDS_OF_OUTCOME
        if is_other or points:
            pool.outcomes.add(outcome)
            pool.scenes.append((scene, _anchors(scene, story, result)))
        return result

    def look(self, story: Story, rule: str | None) -> tuple[TestResult | None, frozenset[Point]]:
        """Run a story about a rule (None: about all), and keep it when it covers something new.

        Points of other rules do not count: these have stories of their own.  There is no result, and nothing is kept,
        when an invariant is broken, since a test of it would fail.
        """
        self.tried += 1
        self._left -= 1
        wanted = [point for point in self.missing if rule is None or point.rule == rule]
        done = exercised(story.test("", ()), self._program, wanted)
        result, points = done.result, done.points
        if result.violations:
            return None, frozenset()
        if points:
            self.found.append(Found(story, rule, points))
            self.missing -= points
        return result, points

    # ------------------------------------------------------------------ rules
    def _solver(self, rule: CheckedRule) -> Solver:
        return Solver(self._checked, carriers_of(rule.node.trigger), self._sends)

    def _pool(self, rule: CheckedRule) -> Pool:
        solver = self._solver(rule)
        topic = topic_of(self._checked, rule, solver)
        return Pool(rule, topic.with_events(self._rivals(rule)))

    def _rivals(self, rule: CheckedRule) -> Iterator[Line]:
        """What makes other rules send that share a channel with this one, for caps that they fill together."""
        channels = set(channels_of(rule))
        shared = [one for one in self._checked.rules if one is not rule and channels & set(channels_of(one))]
        for other in shared[:3]:
            if isinstance(other.node.trigger, nodes.EventTrigger):
                base = self._base(other.name)
                if base is not None:
                    yield from (line for line in base[0].lines if line.at == 0)

    def _sends(self, rule: str) -> tuple[Line, ...]:
        """The lines by which a rule sends at second 0."""
        base = self._base(rule)
        if base is None:
            return ()
        scene, sent = base
        return tuple(evolve(line, at=line.at - sent) for line in scene.lines)

    def _base(self, name: str) -> tuple[Scene, int] | None:
        """A scene in which a rule sends, and when it does; None when none is known, or being looked for."""
        if name not in self._bases:
            self._bases[name] = None
            rule = next((one for one in self._checked.rules if one.name == name), None)
            if rule is not None:
                self._bases[name] = self._first_sending(rule)
        return self._bases[name]

    def _first_sending(self, rule: CheckedRule) -> tuple[Scene, int] | None:
        solver = self._solver(rule)
        for scene in seeds(self._checked, rule, solver, self._triggers.scenes(rule, solver)):
            story = scene.story(self._program.zone)
            if self._left <= 0:
                return None
            result, _ = self.look(story, rule.name)
            if result is not None:
                for decision in result.decisions:
                    if (decision.rule, decision.action, decision.status) == (rule.name, "send", "sent"):
                        return scene, (decision.time - _moment(scene, story, result)) // SECOND
        return None


@frozen
class Exercise:
    """A test that was run: what became of it, what it exercises, and how it went that triggers were tried.

    `tried` holds the rules by their numbers, each with the outcomes that there were, in any order.
    """

    result: TestResult
    points: frozenset[Point]
    tried: frozenset[tuple[int, str]]


def exercised(test: Test, program: Program, points: Iterable[Point]) -> Exercise:
    """Run a test, and see which of some points it exercises."""
    recording = Recording()
    result = run_test(test, program, recording.machine)
    record = recording.record()
    hit = frozenset(point for point in points if point.exercised(record))
    tried = frozenset((rule, one.outcome) for rule, held in record.tried.items() for one in held)
    return Exercise(result, hit, tried)


def _outcome(result: TestResult, rule: str) -> Outcome:
    return frozenset(
        (one.rule, one.step, one.status, one.reason, one.variant) for one in result.decisions if one.rule == rule
    )


def _moment(scene: Scene, story: Story, result: TestResult) -> int:
    """The instant of a scene's moment."""
    return zone_of(story.profile, None if result.zone is None else result.zone).instant(
        day_number(scene.day), scene.second * SECOND
    )


def _anchors(scene: Scene, story: Story, result: TestResult) -> tuple[int, ...]:
    moment = _moment(scene, story, result)
    times = dict.fromkeys((one.time - moment) // SECOND for one in result.decisions)
    return tuple(times)
