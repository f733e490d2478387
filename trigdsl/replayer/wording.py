"""Reasons, counts and shares → the words of somebody who plans campaigns."""

from __future__ import annotations

_EXACT = {
    ("cancelled", "restarted"): "the same trigger came again and restarted the run",
    ("cancelled", "merged"): "the user had such a run under another id too, and one of them goes on",
    ("cancelled", "failed"): "the engine failed on its step, and kept why among the rejects",
    ("skipped", "guard"): "the step's `if` did not hold when it was due",
    ("skipped", "outside window"): "it came due outside the allowed hours or days",
    ("skipped", "expired"): "it waited for the allowed hours for too long",
    ("skipped", "campaign ended"): "the campaign was over when it was due",
    ("skipped", "limit"): "the rule's `once` or `at most` was used up",
    ("skipped", "requires"): "what the channel requires of the user did not hold",
    ("skipped", "no variant"): "no `when` of the content held",
    ("skipped", "missing value"): "there was no value to set",
    ("skipped", "too long"): "the text was longer than the channel allows",
    ("control", "holdout"): "held out to measure the effect",
    ("control", "nothing"): "a variant that deliberately sends nothing",
    ("control", "control"): "in the control group",
    ("pending", "due"): "still waiting when the replay stopped",
    ("pending", "window"): "waiting for the allowed hours when the replay stopped",
}


def in_words(status: str, reason: str) -> str:
    """The reason as a phrase; one that has no phrase of its own stands as it is."""
    if (phrase := _EXACT.get((status, reason))) is not None:
        return phrase
    if status == "capped":
        return f"the cap `{reason}` was full"
    for prefix, phrase in (
        ("unless ", "`{}` happened first"),
        ("stop on ", "`{}` ended the run"),
        ("missing ", "`{}`, which the text needs, was missing"),
    ):
        if reason.startswith(prefix):
            return phrase.format(reason.removeprefix(prefix))
    return reason


def count_of(number: int, noun: str) -> str:
    """`1 user`, `2,000 users`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share as whole percent, with a digit behind the point when it is small, never a false 0 or 100."""
    hundredths = 100 * share
    if 0 < hundredths < 0.1:
        return "<0.1%"
    if 0 < hundredths < 10 or 99 < hundredths < 100:
        return f"{min(hundredths, 99.9):.1f}%"
    return f"{hundredths:.0f}%"


def points(difference: float) -> str:
    """A difference of rates in percentage points, with its sign."""
    return f"{100 * difference:+.1f} points"
