"""Words of speech and of other languages, where the language has its own → what is written here.

Most habits are lines of a table (`habit_table`), some show only in several tokens.
"""

from __future__ import annotations

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.source import Span
from trigdsl.syntax.habit_table import HABITS
from trigdsl.syntax.mistake import Mistake


def habit(at: Mistake) -> Diagnostic | None:
    """The first habit that the token at the mistake shows, or one that looks at several tokens."""
    for look in (_in_several, _by_table):
        found = look(at)
        if found is not None:
            return found
    return None


def habit_at_end(at: Mistake) -> Diagnostic | None:
    """What an item that ends too early was meant to be."""
    types = [token.type for token in at.tokens]
    last = at.tokens[-1]
    if types[0] == "IF" and "THEN" not in types and _follows_on_line(at):
        message = "a condition stands before the action"
        return _error(
            at.span(-len(types), -len(types)),
            message,
            "write `then if … send …`, or `unless …` for an event that cancels",
        )
    if last.type == "CALL" or (len(types) > 1 and types[-2] == "CALL"):
        return _error(at.span(-1, -1), "a call has parentheses, empty ones too", f"write `{last}()`")
    if "GOAL" in types and at.would_take("WITHIN"):
        return _error(at.span(-1, -1), "a goal needs the time in which it counts", f"write `goal {last} within 3d`")
    return None


def _follows_on_line(at: Mistake) -> bool:
    """Whether other text stands before the item on its line."""
    text, start = at.source.text, int(at.tokens[0].start_pos or 0)
    return bool(text[text.rfind("\n", 0, start) + 1 : start].strip())


def _by_table(at: Mistake) -> Diagnostic | None:
    word = str(at.token)
    before = "$START" if at.place == 0 else at.type_at(-1)
    for line in HABITS:
        if word not in line.words or (line.before and before not in line.before):
            continue
        if line.takes and not any(map(at.would_take, line.takes)):
            continue
        until = min(line.until, len(at.tokens) - at.place - 1)
        parts = {"word": word, "next": str(at.token_at(1)), "before": str(at.token_at(-1))}
        return _error(at.span(0, until), line.message.format(**parts), line.help.format(**parts), line.code)
    return None


_ORDINALS = {"second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "tenth": "10th"}
_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "distinct"})


def _in_several(at: Mistake) -> Diagnostic | None:
    """Habits that show only in several tokens."""
    token, before, after = at.token, at.token_at(-1), at.token_at(1)
    heads = at.type_at(-2) == "IF"
    if token.type == "NAME" and heads and str(before) in _ORDINALS:
        return _error(at.span(-1, 0), "ordinals are written in digits", f"write `{_ORDINALS[before]} {token}`")
    if token.type == "NUMBER" and str(after) == "times":
        return _error(
            at.span(0, 1),
            "the nth event is told with an ordinal",
            f"write `{_nth(str(token))} {before}` or `every {_nth(str(token))} {before}`",
        )
    if token.type == "NUMBER" and before.type == "IF" and after.type == "NAME" and at.would_take("ORDINAL"):
        return _error(at.span(0, 1), "the nth event is told with an ordinal", f"write `{_nth(str(token))} {after}`")
    if token.type == "EQUAL" and at.tokens[0].type == "LIST" and at.place == 2:
        return _error(
            at.span(), "a list is declared by its name alone", "remove what follows; `add to` puts users on it"
        )
    if token.type == "IN" and after.type == "DURATION" and at.would_take("UNLESS"):
        message = "a delay stands before the action, and is told with `after`"
        return _error(at.span(0, 1), message, f"write `then after {after} …`")
    if token.type == "PER" and after == "user":
        return _error(at.span(0, 1), "every limit is one for each user", "remove `per user`")
    if token == "else" and at.would_take("UNLESS") and not {"WHEN", "PERCENT"} & {one.type for one in at.tokens}:
        return _error(at.span(), "a step has no `else`", "write a second rule, or variants: `when …: … otherwise: …`")
    if token == "is" and at.would_take("COMPARE"):
        return _is(at)
    if token.type == "NAME" and before.type == "NAME" and str(before) in _AGGREGATES:
        return _error(at.span(-1, 0), f"`{before}` has parentheses", f"write `{before}({token})`")
    if before.type == "UNTIL" and token.type == "NAME":
        return _error(
            at.span(),
            "`until` ends a campaign and wants a date",
            f"write `unless {token}` for an event that cancels, or `until 2026-12-24`",
        )
    if token.type == "DURATION" and before.type == "LAST" and at.type_at(-2) == "NOT_IN":
        return _error(
            at.span(-2, 0),
            "that something did not happen is told with `no`",
            f"write `no {at.token_at(-3)} in last {token}`",
        )
    if token.type == "COMMA" and at.type_at(-2) in {"IN", "NOT_IN"}:
        return _error(at.span(-1, 1), "a list stands in square brackets", f"write `[{before}, {after}]`")
    if (
        token.type == "COMMA"
        and before.type == "TEXT"
        and at.type_at(-2) == "LPAR"
        and at.type_at(-3) in {"IN", "NOT_IN"}
    ):
        return _error(at.span(-2, 0), "a list stands in square brackets", f"write `[{before}, …]`")
    if token.type == "COMMA" and at.would_take("OR", at.type_at(1)):
        return _error(at.span(), "events are joined by `or`", "write `or` instead of `,`")
    if token.type == "PERCENT" and before.type == "COMMA":
        return _error(at.span(-1, -1), "variants follow each other without a `,`", "remove it")
    if token.type == "TIME" and at.would_take("DATE"):
        return _error(at.span(), "a moment of a test is a date and a time", f"write `2026-11-20 {token}`")
    return _unquoted(at) or _name_of_rule(at)


def _is(at: Mistake) -> Diagnostic:
    after, last = str(at.token_at(1)), str(at.token_at(2))
    nothing = {"null", "none", "None", "missing", "nothing", "empty", "undefined"}
    if after == "not" and last in nothing:
        return _error(at.span(0, 2), "that there is a value is told with `exists`", "write `exists`")
    if after in nothing:
        return _error(at.span(0, 1), "that there is no value is told with `is missing`", "write `is missing`")
    sign = "!=" if after == "not" else "=="
    return _error(at.span(0, int(after == "not")), "values are compared with signs", f"write `{sign}`")


def _unquoted(at: Mistake) -> Diagnostic | None:
    """A zone or a title without quotes."""
    zone = at.token.type == "NAME" and (
        at.type_at(-1) == "TIMEZONE" or (at.would_take("LOCAL") and at.type_at(1) == "DIVIDED_BY")
    )
    if not zone:
        return None
    step = 0
    while at.is_joined(step + 1):
        step += 1
    span = at.span(0, step)
    return _error(span, "the name of a time zone stands in quotes", f'write `"{span.text}"`')


def _name_of_rule(at: Mistake) -> Diagnostic | None:
    token, before = at.token, at.token_at(-1)
    if before.type == "RULE" and token.type == "TEXT":
        name = "_".join(str(token).strip('"').lower().split())
        return _error(
            at.span(), "a rule has a name without quotes, and a title behind it", f"write `rule {name} {token}:`"
        )
    if at.type_at(-2) == "RULE" and before.type == "NAME" and token.type == "NAME":
        return _error(at.span(-1, 0), "a name is one word", f"write `{before}_{token}`")
    return None


def _nth(number: str) -> str:
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1:], "th")
    return f"{number}{'th' if number[-2:-1] == '1' else ending}"


def _error(span: Span, message: str, help: str, code: str = "syntax-error") -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.ERROR, message=message, span=span, help=help)
