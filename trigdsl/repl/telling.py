"""What happened to a user in a session → their story, and why a rule stayed silent, told from the traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trigdsl.engine.tracing import Entry, Trace
from trigdsl.explainer.clauses import Clauses
from trigdsl.explainer.explain import SPEAKING
from trigdsl.explainer.reasons import Reasons
from trigdsl.explainer.silences import Silences
from trigdsl.explainer.story import Explanation
from trigdsl.explainer.story import Line as StoryLine
from trigdsl.explainer.telling import Telling
from trigdsl.explainer.wording import moment
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.showing import Said
from trigdsl.repl.world import Epoch, World

if TYPE_CHECKING:
    from trigdsl.repl.shell import Shell


def story(world: World, user: str, rule: str | None, shell: Shell) -> str:
    """The time line of a user, through all rules that there were; raises Refusal for a rule that there never was."""
    if rule is not None and not any(rule == one.name for epoch in world.epochs for one in epoch.ruled.checked.rules):
        from trigdsl.repl.commands import rule_named

        rule_named(shell, rule)
    lines = tuple(line for epoch in world.epochs for line in _lines(world, epoch, user, rule))
    return str(Explanation(user=user, lines=lines, reasons=(), silences=()))


def _lines(world: World, epoch: Epoch, user: str, rule: str | None) -> Iterator[StoryLine]:
    rules = frozenset(one.index for one in epoch.ruled.checked.rules if rule is None or one.name == rule)
    reasons = _reasons(world, epoch, user)
    for entry in reasons.trace.entries:
        decision = entry.decision
        if entry.kind == "ended" and decision is not None and entry.user == user and rule in (None, decision.rule):
            text = f"step {decision.step}: cancelled ({decision.reason})"
            yield StoryLine(time=entry.time, zone=entry.zone, kind="decision", rule=decision.rule, text=text)
    if rules:
        yield from Telling(reasons, rules, user).lines()


def _reasons(world: World, epoch: Epoch, user: str) -> Reasons:
    """Finds reasons in the trace of an epoch, with what still waits if it is the last."""
    waiting = world.pending(user) if epoch is world.epochs[-1] else []
    trace = Trace()
    trace.entries = [*epoch.trace.entries, *waiting]
    return Reasons(trace, Clauses(epoch.ruled.checked), epoch.ruled.program.event_names)


def silence(world: World, user: str, rule: int) -> Iterator[Said]:
    """Why a rule, by its place among the present ones, sent a user nothing; raises Refusal when it did send."""
    epoch = world.epochs[-1]
    reasons = _reasons(world, epoch, user)
    own: list[Entry] = [one for one in reasons.trace.entries if one.rule == rule and one.user == user]
    name, zone = epoch.ruled.checked.rules[rule].name, world.zone(user)
    spoken = [one.decision for one in own if one.decision is not None and one.decision.status in SPEAKING]
    if spoken:
        raise Refusal(
            f"`{name}` was not silent: {spoken[-1].status} at {moment(spoken[-1].time, zone)}", f"see `:why {name}`"
        )
    found = Silences(reasons).silence(rule, own)
    at = "" if found.time is None else f", {moment(found.time, zone)}"
    yield f"  {name} ({found.stage}{at}): {found.text}"
    yield f"    needed: {found.change}"
    if len(world.epochs) > 1 and found.stage == "never triggered":
        yield "    (since the rules became what they are)"
