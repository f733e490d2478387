"""`# trig: allow CODE reason`: what it lets be, and what is said of comments that let nothing be."""

from __future__ import annotations

import pytest

from trigdsl.linter.lint import lint
from trigdsl.loading import parse_checked

NEVER = "rule r: if x then send push unless y"


def found(text: str) -> list[tuple[str, str]]:
    program, checked = parse_checked(text)
    return [(one.code, one.span.text) for one in lint(checked, program.diagnostics)]


@pytest.mark.parametrize(
    "text",
    [
        f"{NEVER}  # trig: allow unless-never a delay is coming",
        f"# trig: allow unless-never a delay is coming\n{NEVER}",
        f"# trig: allow unless-never a delay is coming\n# and more to say\n\n{NEVER}",
        "# trig: allow unless-never a delay is coming\nrule r:\n  if x\n  then send push\n  unless y",
        "rule r: if x\n  then send push\n  # trig: allow unless-never a delay is coming\n  unless y",
        "rule a: if x then send push\n# trig: allow unnamed-rule it is the only one\nif y then send sms",
    ],
)
def test_a_reason_lets_it_be(text: str) -> None:
    assert found(text) == []


def test_it_is_about_its_own_line_or_item_alone() -> None:
    other = "rule q: if z then send sms unless y"
    comment = "  # trig: allow unless-never a delay is coming"
    assert found(f"{NEVER}{comment}\n{other}") == [("unless-never", "unless y")]
    assert found(f"{comment.strip()}\n{NEVER}\n{other}") == [("unless-never", "unless y")]


def test_it_is_about_its_own_code_alone() -> None:
    comment = "# trig: allow stop-never a delay is coming"
    assert found(f"{NEVER}  {comment}") == [("unless-never", "unless y"), ("allow-idle", comment)]


def test_without_a_reason_the_finding_stays() -> None:
    comment = "# trig: allow unless-never"
    assert found(f"{NEVER}  {comment}") == [("unless-never", "unless y"), ("allow-without-reason", comment)]


def test_an_unknown_code_is_told() -> None:
    assert found("rule r: if x then send push  # trig: allow unles-never so") == [("allow-unknown", "unles-never")]


def test_no_code_is_told() -> None:
    comment = "# trig: allow"
    assert found(f"rule r: if x then send push  {comment}") == [("allow-unknown", comment)]


def test_nothing_after_the_last_comment() -> None:
    comment = "# trig: allow unless-never so"
    assert found(f"rule r: if x then send push\n{comment}") == [("allow-idle", comment)]


def test_a_text_is_no_comment() -> None:
    text = 'rule r: if x then send push "# trig: allow unless-never so" unless y'
    assert found(text) == [("unless-never", "unless y")]
