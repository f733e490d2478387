"""A line `expect …` → whether it holds of the session's user, as at the end of a test; and tests that are run."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.model.values import LAST_INSTANT
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.session import Session
from trigdsl.repl.showing import GREEN, Line, Painted, Said
from trigdsl.repl.world import World
from trigdsl.replayer.driver import LONGEST_DRAIN
from trigdsl.syntax import nodes
from trigdsl.tester.expectations import judge
from trigdsl.tester.render_text import render_failure
from trigdsl.tester.run import Happening, TestResult, run_test
from trigdsl.tester.timeline import Timeline
from trigdsl.tester.wording import actual_in_words, expected_in_words, nearest_in_words


def expect(session: Session, node: nodes.ExpectSends | nodes.ExpectRule) -> Iterator[Line]:
    """Judges a line by all that was decided and, as in a test, will be: the clock of a copy runs on.

    Raises Refusal when it does not hold.
    """
    result = _drained(session)
    outcome = judge(node, result.decisions, result.timeline)
    if outcome.met:
        yield Line("  it holds", GREEN)
        return
    nearest = nearest_in_words(outcome, result)
    happened = f"{actual_in_words(outcome, result)}" + (f"; nearest: {nearest}" if nearest else "")
    raise Refusal(f"expected {expected_in_words(node)}", happened, label="happened")


def _drained(session: Session) -> TestResult:
    """What was decided of the present user, and will be when nothing more happens."""
    world, user = session.journal.world(), session.world.user_of(session.user)
    decisions = list(world.decisions)
    decisions += world.clockwork.drain(min(world.now + LONGEST_DRAIN, LAST_INSTANT))
    decisions += world.clockwork.pending()
    told = tuple(Happening(one.time, None, (one,)) for one in decisions if one.user == user)
    timeline = Timeline(session.world.zone(user), {}, frozenset(), ())
    return TestResult(nodes.Test("", ()), timeline, told, (), ())


def run_named(world: World, title: str) -> Iterator[Said]:
    """Runs a test of the program; raises Refusal when it fails."""
    test = next(one for one in world.checked.tests if one.title == title)
    result = run_test(test, world.program)
    if result.passed:
        yield Line("  it passes", GREEN)
    else:
        yield Painted(render_failure(result))
        raise Refusal(f"the test `{title}` fails")
