"""The registry of codes: every code that a diagnostic may carry, with a line on what it stands for."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    # Names (checker)
    "duplicate-name": "two declarations of one name in one name space",
    "duplicate-field": "a field declared twice in one declaration",
    "duplicate-timezone": "a second `timezone` in one program",
    "duplicate-user": "a second declaration of the user's fields",
    "duplicate-wire-name": "two events for records of one name",
    "duplicate-clause": "a second clause of a kind that a rule has once",
    "duplicate-policy": "a second policy of a kind that a channel has once",
    "reserved-channel-name": "a channel called `all` or `tag`",
    "reserved-event-name": "an event called `any`, `sent` or `ignored`",
    "wire-name": "an event's wire name used beside its alias",
    "unnamed-rules-clash": "two rules with one name, at least one of them by its place in a file",
    "unnamed-rule": "a rule without a name in a program of several",
    "unknown-rule": "a rule that the program does not have",
    "unknown-calendar": "a calendar that the program does not declare",
    "unknown-segment": "a segment or list that the program does not have",
    "unknown-function": "a function that is neither built in nor registered by the host",
    "unknown-zone": "a time zone that is not in the IANA database",
    "unknown-system-event": "a word before a rule's name that names no event of rules",
    "unknown-target": "an invariant about something that is neither rule nor channel",
    "unknown-status": "an expectation of a status that decisions do not have",
    "unknown-field": "a field that the declaration of its event or of the user lacks",
    "misspelt-event": "an event used once whose name is like another's",
    # Segments and lists (checker)
    "not-a-list": "adding to or removing from a segment",
    "segment-cycle": "segments that depend on each other",
    "time-in-segment": "a watched segment that changes with time in a way nobody can foresee",
    # Types (checker)
    "type-mismatch": "an operator, function or declaration and a value of a type that it does not fit",
    "condition-not-boolean": "a condition that is no truth value",
    "event-as-condition": "an event's name alone where a condition belongs",
    "argument-count": "a function with too few or too many arguments",
    "bad-regex": "a pattern that is no regular expression of RE2",
    "unreadable-date": "a text that is compared with a date or instant and is none",
    # Where and history (checker)
    "history-in-where": "a `where` that asks for history",
    "unbounded-where": "a `where` that reads `trigger` or `now` over a history without end",
    "unbounded-distinct": "`distinct` over a history without end",
    "trigger-outside-where": "`trigger` outside a `where`",
    "no-triggering-event": "a property of the triggering event where there is none",
    # Rules and steps (checker)
    "rule-cycle": "rules that trigger each other without a delay",
    "calendar-days-without-at": "a step after calendar days without a time of day",
    "too-few-calendar-days": "a step after less than one calendar day",
    "urgent-with-window": "an urgent step with a window of its own",
    "empty-window": "a window that ends where it begins",
    "impossible-time": "a time of day that does not fit its place",
    "impossible-date": "a day that does not exist",
    "for-each-without-event": "`for each` on a rule without a triggering event",
    "for-each-field": "an event that ends runs kept apart by a field that it lacks",
    "campaign-backwards": "a campaign that ends before it starts",
    "bad-ordinal": "an event counted from something below 1",
    "bad-percentage": "shares below 0% or above 100%",
    "variants-not-last": "an action with variants before another in one step",
    "text-too-long": "a text longer than its channel takes",
    "cap-of-zero": "a cap or limit of 0",
}
