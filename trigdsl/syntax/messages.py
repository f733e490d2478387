"""The wording of everything that reading a text can find wrong: one function for each mistake.

Messages are one sentence without capital and full stop, the author's words in backticks; the help is an action.
"""

from __future__ import annotations

from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.source import Span


def _error(code: str, span: Span, message: str, help: str | None = None, *labels: Label) -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.ERROR, message=message, span=span, help=help, labels=labels)


def shown(text: str) -> str:
    """The author's own text in backticks, on one line and not too long."""
    line = " ".join(text.split())
    line = line if len(line) <= 40 else line[:39] + "…"
    return f"`` {line} ``" if "`" in line else f"`{line}`"


# ------------------------------------------------------------------------------------ the order of words


def unexpected(span: Span, expected: str, help: str | None = None) -> Diagnostic:
    return _error("syntax-error", span, f"expected {expected}, but found {shown(span.text)}", help)


def ends_early(span: Span, what: str, expected: str) -> Diagnostic:
    return _error("syntax-error", span, f"{what} ends too early: expected {expected}")


def too_deep(span: Span, limit: int) -> Diagnostic:
    message = f"this nests more than {limit} levels deep"
    return _error("too-deep", span, message, "split it up, for instance into segments")


def no_item(span: Span) -> Diagnostic:
    message = f"nothing begins with {shown(span.text)} here"
    return _error(
        "syntax-error", span, message, "begin with `rule NAME:`, `if`, or a declaration such as `event` or `channel`"
    )


def misspelt_keyword(span: Span, keyword: str) -> Diagnostic:
    return _error("syntax-error", span, f"{shown(span.text)} makes no sense here", f"did you mean `{keyword}`?")


def capital_keyword(span: Span, keyword: str) -> Diagnostic:
    return _error("capital-keyword", span, f"keywords are lower case, unlike {shown(span.text)}", f"write `{keyword}`")


def missing_word(span: Span, word: str, before: str) -> Diagnostic:
    return _error("syntax-error", span, f"`{word}` is missing before {shown(before)}", f"put in `{word}`")


def one_too_many(span: Span) -> Diagnostic:
    return _error("syntax-error", span, f"this {shown(span.text)} is one too many", "remove it")


def never_closed(span: Span, closing: str) -> Diagnostic:
    return _error("syntax-error", span, f"this {shown(span.text)} is never closed", f"put in a `{closing}`")


def missing_colon(span: Span) -> Diagnostic:
    return _error("missing-colon", span, f"a `:` is missing after {shown(span.text)}", f"write `{span.text}:`")


def reserved_word(span: Span, path: bool) -> Diagnostic:
    word = span.text
    quoted = f"`` `{word}` ``"
    help = f"write `event.{word}` for the property, or {quoted}" if path else f"write {quoted}, or choose another name"
    return _error("reserved-word", span, f"`{word}` is a keyword, and a name is wanted here", help)


def comparison_chain(span: Span) -> Diagnostic:
    message = "comparisons do not chain"
    return _error("syntax-error", span, message, "join two comparisons with `and`: `0 < x and x < 10`")


def missing_trigger(span: Span) -> Diagnostic:
    message = f"a rule begins with what happens, not with a condition such as {shown(span.text)}"
    help = 'put an event first, as in `if visit and …`, or watch the profile: `if user.tier becomes "gold"`'
    return _error("missing-trigger", span, message, help)


def absence_as_trigger(span: Span) -> Diagnostic:
    message = f"a rule begins with what happens, not with a condition such as `no … {span.text}`"
    help = "write `no … for 3d` for the moment when that long has passed without one, or put an event first"
    return _error("missing-trigger", span, message, help)


def every_what(span: Span, name: str) -> Diagnostic:
    message = f"{shown(span.text)} is neither every so many events nor a time"
    help = f"write `{name}` for each of them, `every 10th {name}`, or `every {name} at 09:00` for a calendar"
    return _error("syntax-error", span, message, help)


def timing_after_action(span: Span) -> Diagnostic:
    word = span.text
    message = f"`{word}` stands before the action"
    return _error("misplaced-timing", span, message, f"write `then {word} … send …`")


def missing_channel(span: Span) -> Diagnostic:
    return _error("missing-channel", span, "`send` needs a channel before its text", 'name it: `send push "…"`')


def cap_of_nothing(span: Span) -> Diagnostic:
    message = "outside of a channel, a cap says what it caps"
    return _error("syntax-error", span, message, "write `cap push …`, `cap all …` or `cap tag NAME …`")


def spaced_path(span: Span) -> Diagnostic:
    return _error(
        "spaced-path", span, "the names of a path are joined by dots without spaces", "remove the space before the dot"
    )


def hyphen_in_name(span: Span) -> Diagnostic:
    quoted = f"`` `{span.text}` ``"
    message = f"names have no `-`, unlike {shown(span.text)}"
    return _error("hyphen-in-name", span, message, f"write `{span.text.replace('-', '_')}` or {quoted}")


# ------------------------------------------------------------------------------------ signs and quotes


def single_equals(span: Span) -> Diagnostic:
    return _error("single-equals", span, "`=` does not compare", "write `==`")


def other_sign(span: Span, sign: str) -> Diagnostic:
    return _error("unknown-sign", span, f"the language has no {shown(span.text)}", f"write `{sign}`")


def unknown_character(span: Span) -> Diagnostic:
    char = span.text
    if char.isprintable():
        return _error(
            "unknown-sign",
            span,
            f"the language has no {shown(char)}",
            "remove it, or put names with signs in backticks",
        )
    return _error("bad-character", span, f"the character U+{ord(char[0]):04X} cannot stand here", "remove it")


def lone_surrogate(span: Span) -> Diagnostic:
    message = f"half a character (U+{ord(span.text[0]):04X}) is no text"
    return _error("bad-character", span, message, "save the file as UTF-8")


def other_quotes(span: Span) -> Diagnostic:
    return _error("other-quotes", span, f"a text stands in double quotes, not in {shown(span.text[0])}", 'write `"…"`')


def unclosed_text(span: Span) -> Diagnostic:
    quotes = '"""' if span.text.startswith('"""') else '"'
    help = (
        f"close it with `{quotes}`"
        if quotes == '"""'
        else 'close it with `"`, or use `"""` for text over several lines'
    )
    return _error("unclosed-text", span, f"this text has no closing `{quotes}`", help)


def unclosed_name(span: Span) -> Diagnostic:
    if span.text == "``":
        return _error("unclosed-name", span, "a name in backticks is empty", "put the name between them")
    return _error("unclosed-name", span, "this name has no closing backtick", "close it on the same line")


def bad_escape(span: Span) -> Diagnostic:
    help = r"write one of `\"` `\\` `\/` `\b` `\f` `\n` `\r` `\t` `\u0041`; a backslash itself is `\\`"
    return _error("bad-escape", span, f"a text has no escape {shown(span.text)}", help)


# ------------------------------------------------------------------------------------ numbers, durations, times


def missing_unit(span: Span) -> Diagnostic:
    return _error(
        "missing-unit",
        span,
        f"a duration needs a unit, and {shown(span.text)} has none",
        f"write `{span.text}m` for minutes, or `s`, `h`, `d`, `w`",
    )


def last_unit_missing(span: Span) -> Diagnostic:
    return _error("missing-unit", span, f"the last number of {shown(span.text)} has no unit", f"write `{span.text}m`")


def spaced_unit(span: Span, joined: str) -> Diagnostic:
    return _error("spaced-unit", span, "number and unit of a duration are joined", f"write `{joined}`")


def no_month_unit(span: Span) -> Diagnostic:
    help = "write days, such as `30d`, or use `every month on 1 at 09:00`"
    return _error("unknown-unit", span, f"{shown(span.text)} has no fixed length, so a duration cannot be one", help)


def unknown_unit(span: Span, meant: str | None) -> Diagnostic:
    help = f"write `{meant}`" if meant else "the units are `s`, `m`, `h`, `d` and `w`, as in `1h30m`"
    return _error("unknown-unit", span, f"{shown(span.text)} is neither a number nor a duration", help)


def fractional_duration(span: Span) -> Diagnostic:
    message = f"a duration is made of whole numbers, unlike {shown(span.text)}"
    return _error("bad-duration", span, message, "write smaller units too, such as `1h30m`")


def unordered_duration(span: Span) -> Diagnostic:
    message = f"the parts of {shown(span.text)} do not go from large to small, each unit once"
    return _error("bad-duration", span, message, "write weeks, days, hours, minutes, seconds in that order: `1d12h`")


def joined_long_duration(span: Span, short: str) -> Diagnostic:
    return _error("bad-duration", span, "a duration of several parts uses the short units", f"write `{short}`")


def long_duration(span: Span) -> Diagnostic:
    return _error(
        "bad-duration", span, f"{shown(span.text)} is longer than a hundred years", "write a shorter duration"
    )


def bad_number(span: Span) -> Diagnostic:
    return _error(
        "bad-number", span, f"{shown(span.text)} is no number", "write digits, with a point if need be: `19.99`"
    )


def huge_number(span: Span) -> Diagnostic:
    return _error("bad-number", span, f"{shown(span.text)} is larger than any number can be", "write a smaller number")


def no_whole_number(span: Span) -> Diagnostic:
    return _error(
        "bad-number", span, f"a whole number belongs here, not {shown(span.text)}", "write it without a point"
    )


def unspaced_minus(span: Span) -> Diagnostic:
    message = f"{shown(span.text)} is neither a date nor a number"
    return _error("bad-date", span, message, "write a date as `2026-11-20`; a subtraction needs spaces around `-`")


def impossible_date(span: Span) -> Diagnostic:
    return _error(
        "impossible-date",
        span,
        f"there is no {shown(span.text)}",
        "write a day of the calendar as YEAR-MONTH-DAY, such as `2026-11-20`",
    )


def impossible_month_day(span: Span) -> Diagnostic:
    return _error("impossible-date", span, f"no year has a {shown(span.text)}", "write MONTH-DAY, such as `11-27`")


def impossible_day_of_month(span: Span) -> Diagnostic:
    return _error("impossible-date", span, f"no month has a day {shown(span.text)}", "write a day from 1 to 31")


def impossible_time(span: Span) -> Diagnostic:
    return _error("impossible-time", span, f"there is no {shown(span.text)} on a clock", "write 00:00 to 23:59:59")


def midnight_at_end_only(span: Span) -> Diagnostic:
    message = "24:00 is only the end of a window"
    return _error("impossible-time", span, message, "write `00:00`")


def short_time(span: Span, meant: str) -> Diagnostic:
    return _error("bad-time", span, "hours and minutes of a time of day have two digits", f"write `{meant}`")


def clock_words(span: Span) -> Diagnostic:
    return _error(
        "bad-time", span, f"{shown(span.text)} is no time of day", "write it on the 24-hour clock: `09:00`, `18:30`"
    )


def empty_window(span: Span) -> Diagnostic:
    message = f"the window {shown(span.text)} ends where it begins"
    return _error("empty-window", span, message, "write `00:00-24:00` for all day, or another end")


def bad_ordinal(span: Span) -> Diagnostic:
    return _error(
        "bad-ordinal", span, f"events are counted from 1, so there is no {shown(span.text)}", "write `first`, `2nd`, …"
    )


def bad_percentage(span: Span) -> Diagnostic:
    return _error("bad-percentage", span, f"a share is 0% to 100%, not {shown(span.text)}", "write a smaller share")


# ------------------------------------------------------------------------------------ conditions and events


def ambiguous_or(span: Span) -> Diagnostic:
    message = "this `or` reads two ways without parentheses"
    return _error("ambiguous-or", span, message, f"put parentheses around it: `({' '.join(span.text.split())})`")


def ambiguous_trigger(span: Span) -> Diagnostic:
    message = "several events as a trigger stand in parentheses"
    return _error("ambiguous-or", span, message, f"write `({' '.join(span.text.split())})`")


def ambiguous_where(span: Span, first: str) -> Diagnostic:
    message = "after `where`, a condition with `and` or `or` reads two ways"
    help = f"put parentheses where they belong: `({first})`, or around the whole condition"
    return _error("ambiguous-where", span, message, help)


def where_after_group(span: Span) -> Diagnostic:
    message = "a `where` after several events reads two ways"
    return _error("ambiguous-where", span, message, "put parentheses around the events it is about: `(a or b) where …`")


def where_needs_parentheses(span: Span) -> Diagnostic:
    message = "an event with `where` stands in parentheses here"
    return _error("ambiguous-where", span, message, "write `(EVENT where CONDITION)`")


def not_an_event(span: Span) -> Diagnostic:
    message = f"an event belongs here, and {shown(span.text)} is none"
    return _error("not-an-event", span, message, "name an event, `any`, or a group such as `(visit or purchase)`")


def ignored_elsewhere(span: Span, rule: str) -> Diagnostic:
    message = f"`ignored {rule}` stands only as a trigger, with `after` and a duration"
    return _error("unknown-system-event", span, message, f"write `no opened {rule} since sent {rule}`")


def dotted_event(span: Span) -> Diagnostic:
    quoted = f"`` `{span.text}` ``"
    return _error(
        "not-an-event",
        span,
        f"{shown(span.text)} is a path, and an event's name has no dots",
        f"write {quoted} if that is the event's name",
    )


def sent_of_which_rule(span: Span) -> Diagnostic:
    return _error("reserved-event-name", span, "`sent` needs the rule whose sends are meant", "write `sent RULE`")


def group_needs_where(span: Span) -> Diagnostic:
    return _error(
        "not-an-expression",
        span,
        f"{shown(span.text)} is an event, and a value belongs here",
        "ask about it: `… ever`, `… in last 1d`, or count it",
    )


def not_a_property(span: Span, function: str) -> Diagnostic:
    message = f"`{function}` wants a property of an event, and {shown(span.text)} is none"
    return _error("aggregate-argument", span, message, f"write `{function}(purchase.total)`")


def property_in_count(span: Span) -> Diagnostic:
    message = f"`count` counts events, and {shown(span.text)} is a property"
    return _error("aggregate-argument", span, message, "name the event alone: `count(purchase)`")


def aggregate_arguments(span: Span, function: str) -> Diagnostic:
    return _error(
        "aggregate-argument",
        span,
        f"`{function}` takes one event or property",
        f"write `{function}(…)` with one thing in it",
    )


def where_in_call(span: Span, function: str) -> Diagnostic:
    return _error(
        "aggregate-argument", span, f"`{function}` asks for no history, so it has no `where`", "remove the `where`"
    )


def period_after_value(span: Span) -> Diagnostic:
    return _error(
        "not-an-event",
        span,
        f"a period follows an event or an aggregate, not {shown(span.text)}",
        "name an event before it",
    )


def bad_function_name(span: Span) -> Diagnostic:
    return _error("syntax-error", span, f"{shown(span.text)} is no name of a function", "a function's name has no dots")


def pattern_not_text(span: Span) -> Diagnostic:
    return _error("syntax-error", span, "`matches` is followed by a pattern in quotes", 'write `matches "…"`')


# ------------------------------------------------------------------------------------ rules


def not_an_attribute(span: Span) -> Diagnostic:
    message = f"an attribute of the user belongs here, and {shown(span.text)} is none"
    return _error("not-an-attribute", span, message, "write `user.NAME`, with one name")


def not_a_literal(span: Span) -> Diagnostic:
    name = span.text.isidentifier()
    return _error(
        "not-a-literal",
        span,
        f"a test is made of fixed values, and {shown(span.text)} is to be worked out",
        f'write the value itself; if it is a text, in quotes: `"{span.text}"`' if name else "write the value itself",
    )


def duplicate_modifier(span: Span, word: str, first: Span) -> Diagnostic:
    help = "join the windows with a comma" if word == "between" else "remove one of the two"
    return _error(
        "duplicate-modifier", span, f"a step has one `{word}`, and this is the second", help, Label(first, "the first")
    )


def duplicate_clause(span: Span, word: str, first: Span) -> Diagnostic:
    help = "join the tags with a comma" if word == "tag" else "remove one of the two"
    return _error(
        "duplicate-clause", span, f"a rule has one `{word}`, and this is the second", help, Label(first, "the first")
    )


def second_limit(span: Span, word: str, first: Span) -> Diagnostic:
    message = f"a rule has one limit, and `{word}` is the second"
    return _error("duplicate-clause", span, message, "remove one of the two", Label(first, "the first"))


def misplaced_clause(span: Span, word: str) -> Diagnostic:
    message = f"`{word}` is about the whole rule, and a step follows it"
    return _error("misplaced-clause", span, message, "move it behind the last step")


def misplaced_modifier(span: Span, word: str, clause: str) -> Diagnostic:
    message = f"`{word}` is about a step, and `{clause}` has ended the steps"
    return _error("misplaced-modifier", span, message, "move it to its step, before the clauses of the rule")


def else_without_window(span: Span) -> Diagnostic:
    message = "`else skip` follows a `between` or an `on`"
    return _error("misplaced-modifier", span, message, "put it after the window that it is about")


def restart_only(span: Span) -> Diagnostic:
    return _error(
        "misplaced-clause", span, "`for at most` belongs to `while pending restart`", "remove it, or write `restart`"
    )


def variants_not_last(span: Span) -> Diagnostic:
    message = "an action with variants is the last of its step"
    return _error("variants-not-last", span, message, "move the other action in front of it, or into a step of its own")


def mixed_variants(span: Span, first: Span) -> Diagnostic:
    message = "variants are chosen by conditions or by shares, not by both"
    return _error("mixed-variants", span, message, "use one kind", Label(first, "the other kind"))


def otherwise_not_last(span: Span) -> Diagnostic:
    return _error("otherwise-not-last", span, "nothing is chosen after `otherwise`", "move `otherwise` to the end")


def shares_over_100(span: Span, total: str) -> Diagnostic:
    return _error(
        "bad-percentage", span, f"the shares sum to {total}%", "make them 100% or less; what is left is control"
    )


def duplicate_day(span: Span) -> Diagnostic:
    return _error("duplicate-day", span, f"{shown(span.text)} is there already", "remove one of the two")


def empty_name(span: Span) -> Diagnostic:
    return _error("syntax-error", span, "a name is empty", "write a name")


def unknown_type(span: Span, help: str | None) -> Diagnostic:
    known = "text, number, boolean, instant, date, duration, list and record"
    return _error("unknown-type", span, f"there is no type {shown(span.text)}", help or f"the types are {known}")
