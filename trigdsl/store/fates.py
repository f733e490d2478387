"""Rules that wrote states, and the rules of now → what becomes of runs that wait.

A rule is known by its name.  Runs of a rule whose text is as it was wait on, untouched.  Those of a rule that is gone
end (`rule removed`).  When a rule was changed, its `on edit` decides, or a policy that stands in place of all of these:

- `keep`: runs go on by the text by which they started, for all their remaining steps.  An old text that cannot run with
  the declarations of now ends them.
- `retime`: they take the new text, and the moment of their step is found anew; where there is no such step any more,
  they end (`rule changed`).
- `cancel`: they end (`rule changed`).

What has been decided stands: runs that go on by an old text are asked again only when their rule is changed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve, frozen

from trigdsl.engine.program import OldRule, Program
from trigdsl.store.layouts import Layout

POLICIES = ("keep", "retime", "cancel")
"""What can become of the runs of a rule that was changed."""

NEW_TEXT = "new text"
"""A policy for who plays with rules: runs wait on as they do, and do what the new text says at their step."""

_RUNS = 8
"""The place of the runs among the parts of a state."""


def check_policy(policy: str | None) -> None:
    """Raises ValueError for what is no policy."""
    if policy is not None and policy not in POLICIES:
        raise ValueError(f"`on_edit` is `{policy}`: wanted is one of {', '.join(POLICIES)}")


class OldRulesWantedError(Exception):
    """Runs go on by old rules that the program was not compiled with: these must be compiled beside it first."""

    def __init__(self, rules: tuple[OldRule, ...]) -> None:
        super().__init__(", ".join(rule.name for rule in rules))
        self.rules = rules


@frozen(kw_only=True)
class Fate:
    """What becomes of the runs of a rule.

    `kind` is `removed`, `same`, `cancel`, `old` (they go on by the text by which they started), `retime` or `new text`
    (they go on by the new one; its step is timed anew, or it is not).  `living` is the number of the rule as it is now,
    -1 when it is gone; `rule` what they started by.
    """

    kind: str
    living: int
    rule: OldRule

    @property
    def rule_key(self) -> tuple[str, str]:
        return self.rule.name, self.rule.fingerprint


def fates(old: Layout, program: Program, policy: str | None) -> tuple[Fate, ...]:
    """What becomes of the runs of each rule of a layout; `policy` stands in place of the rules' own."""
    living = {rule.name: rule for rule in program.rules if not rule.is_old}
    before = {rule.name: rule.fingerprint for rule in old.rules if not rule.is_old}
    found = []
    for rule in old.rules:
        now = living.get(rule.name)
        by = OldRule(rule.name, rule.fingerprint, rule.text or "", rule.folder)
        if now is None:
            found.append(Fate(kind="removed", living=-1, rule=by))
            continue
        if now.fingerprint == rule.fingerprint:
            kind = "same"
        else:
            is_edited = before.get(rule.name) != now.fingerprint
            kind = _kind((policy or now.on_edit) if is_edited else "keep", has_text=rule.text is not None)
        found.append(Fate(kind=kind, living=now.index, rule=by))
    return tuple(found)


def _kind(policy: str, *, has_text: bool) -> str:
    if policy != "keep":
        return policy
    # Form 1 of layouts had no texts, and runs went on by the new one.
    return "old" if has_text else NEW_TEXT


def runs_in(parts: list[Any]) -> set[int]:
    """The numbers of the rules of which there are runs among the parts of a state."""
    runs: list[list[Any]] = (parts[_RUNS] if len(parts) > _RUNS else None) or []
    return {run[0] for run in runs}


def with_old_rules(program: Program, old: Iterable[OldRule]) -> Program:
    """A program compiled together with old rules, those that it was compiled with before left out."""
    wanted = tuple(sorted(set(old)))
    if not wanted and not program.refused and not any(rule.is_old for rule in program.rules):
        return program
    if program.with_old is not None:
        return program.with_old(wanted)
    return evolve(program, refused={(one.name, one.fingerprint): "no text of the program is known" for one in wanted})
