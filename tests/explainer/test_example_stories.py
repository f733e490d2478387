"""One message and one silence of each example program, explained: what came of its rules is known by reasoning.

The streams are written here; every expected line follows from the rules as the examples' files have them.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from trigdsl import explainer
from trigdsl.explainer import Explainable
from trigdsl.model.inputs import Input
from trigdsl.tester.timeline import USER, timeline

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
Record = dict[str, Any]


def program(path: str) -> Explainable:
    host = EXAMPLES / path / "host.py"
    functions = runpy.run_path(str(host))["FUNCTIONS"] if host.exists() else None
    return explainer.load(EXAMPLES / path, functions)


def event(time: str, name: str, **properties: Any) -> Record:
    return {"user": "u", "time": time, "event": name, "properties": properties}


def profile(time: str, lists: tuple[str, ...] = (), **attributes: Any) -> Record:
    return {"user": "u", "time": time, "set": attributes, "add": list(lists)}


def at_end(time: str) -> Record:
    return {"user": "another", "time": time, "event": "the_end"}


SENDS = [
    # 10:00 in Seoul and half an hour; 10:30 is inside nine to nine.
    ("abandoned_cart/rules.trig", "rule_1",
     [profile("2026-11-20T00:00:00Z", timezone="Asia/Seoul"),
      event("2026-11-20T01:00:00Z", "cart_abandoned", cart={"value": 201}), at_end("2026-11-20T01:30:00Z")],
     "triggered by `cart_abandoned` at 10:00"),
    # A purchase in Paris at 15:00; the invitation goes at 10:00 of the next date, which is named for that reason.
    ("loyalty", "invite",
     [profile("2026-09-01T08:00:00Z", email="eve@example.org"),
      event("2026-09-01T13:00:00Z", "purchase", total=49.6), at_end("2026-09-02T08:00:00Z")],
     "triggered by `purchase` at 2026-09-01 15:00"),
    # Thirty days without a visit, from 12:00 to 12:00 in Madrid, where the clock does not change in between.
    ("winback", "winback",
     [profile("2026-06-01T09:00:00Z", sms_opt_in=True, survey_link="s"), event("2026-06-01T10:00:00Z", "visit"),
      at_end("2026-07-01T10:00:00Z")],
     "triggered by `no (purchase or visit) for 30d` at 12:00, counted from `visit` at 2026-06-01 12:00"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "rule", "records", "said"), SENDS, ids=[one[0] for one in SENDS])
def test_why_it_was_sent(path: str, rule: str, records: list[Record], said: str) -> None:
    story = program(path).explain(records, user="u", rule=rule)
    sends = [one for one in story.reasons if one.decision.action == "send" and one.decision.status == "sent"]
    assert [one.text for one in sends] == [said]
    assert story.silences == ()


SILENCES = [
    # The basket is 1 below what the rule wants more than.
    ("abandoned_cart/rules.trig", "rule_1",
     [event("2026-11-20T10:00:00Z", "cart_abandoned", cart={"value": 199})],
     "`cart.value` was 199, needs > 200", "`cart.value` > 200"),
    # `unless … within 2h` is counted from the trigger; the purchase comes after 10 of the 30 minutes.
    ("abandoned_cart/rules.trig", "rule_1",
     [event("2026-11-20T10:00:00Z", "cart_abandoned", cart={"value": 201}), event("2026-11-20T10:10:00Z", "purchase")],
     "`purchase` at 10:10 cancelled it, 20m before the send", "without `purchase`, or with it after the send"),
    # 22:29 and half an hour is 22:59; ten hours later it is 08:59, a minute before the window opens.
    ("abandoned_cart/tuned.trig", "cart_reminder",
     [profile("2026-11-20T10:00:00Z", push_opt_in=True),
      event("2026-11-20T22:29:00Z", "cart_abandoned", cart={"id": "c"}), at_end("2026-11-21T12:00:00Z")],
     "`between 09:00-21:00 local` opens 09:00 UTC; it was due at 2026-11-20 22:59 and expired 08:59",
     "`expires 10h1m`, or a window open at 22:59"),
    # Everything is right but the consent, which the channel wants.
    ("abandoned_cart/tuned.trig", "cart_reminder",
     [profile("2026-11-20T10:00:00Z", push_opt_in=False),
      event("2026-11-20T10:00:00Z", "cart_abandoned", cart={"id": "c"}), at_end("2026-11-20T10:30:00Z")],
     "channel `push` requires what was not true: `user.push_opt_in` was false, needs true",
     "`user.push_opt_in` true"),
    # 09:00 of the next date in Paris is an hour before the invitation.
    ("loyalty", "invite",
     [profile("2026-09-01T08:00:00Z", email="eve@example.org"),
      event("2026-09-01T13:00:00Z", "purchase", total=49.6), event("2026-09-02T07:00:00Z", "joined")],
     "`joined` at 09:00 cancelled it, 1h before the send", "without `joined`, or with it after the send"),
    # A member is not invited.
    ("loyalty", "invite",
     [profile("2026-09-01T08:00:00Z", ("members",), email="eve@example.org"),
      event("2026-09-01T13:00:00Z", "purchase", total=49.6)],
     "the user was in `members`, since 10:00", "`user not in members`"),
    # Nobody told that SMS are welcome: that is unknown, so nothing starts.
    ("winback", "winback",
     [event("2026-06-01T10:00:00Z", "visit"), at_end("2026-07-01T10:00:00Z")],
     "`user.sms_opt_in` was missing, needs true", "`user.sms_opt_in` true"),
    # A day short of thirty.
    ("winback", "winback",
     [profile("2026-06-01T09:00:00Z", sms_opt_in=True), event("2026-06-01T10:00:00Z", "visit"),
      at_end("2026-06-30T10:00:00Z")],
     "nothing fired `no (purchase or visit) for 30d`: the last `visit` was at 2026-06-01 12:00",
     "none until 2026-07-01 12:00"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "rule", "records", "said", "needed"), SILENCES)
def test_why_it_was_not_sent(path: str, rule: str, records: list[Record], said: str, needed: str) -> None:
    [found] = program(path).explain(records, user="u", rule=rule).silences
    assert (found.text, found.change) == (said, needed)


PROGRAMS = sorted({str(path.parent.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.trig")} - {"abandoned_cart"})


@pytest.mark.parametrize("path", ["abandoned_cart/rules.trig", "abandoned_cart/tuned.trig", *PROGRAMS])
def test_whatever_the_tests_of_an_example_do_is_explained(path: str) -> None:
    """Every decision has the fact that decided it, and every rule that sent nothing a reason."""
    loaded = program(path)
    for test in loaded.checked.tests:
        line = timeline(test, loaded.program)
        before = Input(USER, line.inputs[0].time - 1, set=dict(line.profile), add=sorted(line.lists))
        story = loaded.explain_inputs([before, *line.inputs], user=USER, drain=True)
        assert all(one.facts and one.text for one in story.reasons)
        sends = {rule.name for rule in loaded.program.rules if any(
            action.kind == "send" for step in rule.steps for action in step.actions
        )}  # fmt: skip
        done = [one.decision for one in story.reasons if one.decision.status in ("sent", "control")]
        # A rule that has messages speaks by one of them, whatever else it did.
        spoke = {one.rule for one in done if one.action == "send" or one.rule not in sends}
        silent = {one.rule: one for one in story.silences}
        assert silent.keys() == {rule.name for rule in loaded.program.rules} - spoke
        assert all(one.text and one.change for one in silent.values())
        assert str(story).startswith(f"user {USER}")
