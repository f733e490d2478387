"""A token that the parser cannot take → what the author probably meant.

Each slip is a function that looks at the place of the mistake and answers with a diagnostic or None; the first
answer wins, and the plain "expected … but found …" comes last.
"""

from __future__ import annotations

from collections.abc import Callable

from lark import Token

from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.diagnostics.suggest import suggest
from trigdsl.source import Span
from trigdsl.syntax import messages
from trigdsl.syntax.build.literals import parts_of
from trigdsl.syntax.expected import END, describe
from trigdsl.syntax.grammar import NO_TOKENS, keywords, terminals
from trigdsl.syntax.habits import habit, habit_at_end
from trigdsl.syntax.items import ITEM_STARTS
from trigdsl.syntax.lexical import no_token, unit_of
from trigdsl.syntax.misforms import misform
from trigdsl.syntax.mistake import Mistake
from trigdsl.syntax.spans import span_of

_ITEM_WORDS = {"RULE": "the rule", "IF": "the rule", "TEST": "the test"}
_CONDITION_SIGNS = terminals(
    "COMPARE CONTAINS STARTS_WITH ENDS_WITH MATCHES IN NOT_IN EXISTS IS_MISSING PLUS MINUS TIMES DIVIDED_BY DEFAULT "
    "IN_LAST SINCE TODAY EVER LPAR"
)
_CONDITION_STARTS = terminals("NOT TRUE FALSE NUMBER TEXT TIME_SINCE LSQB PREVIOUS")
_INSERTED = {
    "THEN": "then",
    "RPAR": ")",
    "RSQB": "]",
    "RBRACE": "}",
    "COMMA": ",",
    "IF": "if",
    "PER": "per",
    "AT": "at",
    "AFTER": "after",
    "SET": "set",
    "SEND": "send",
    "EQUAL": "=",
    "LSQB": "[",
    "LBRACE": "{",
}
_ONE_TOO_MANY = terminals("COLON COMMA RPAR RSQB RBRACE THEN IF AT AT_MOST EQUAL")


Slip = Callable[[Mistake], Diagnostic | None]


def diagnose(mistake: Mistake) -> Diagnostic:
    """What is wrong at the place of the mistake."""
    for slip in _AT_END if mistake.token.type == END else _SLIPS:
        found = slip(mistake)
        if found is not None:
            return found
    what = _ITEM_WORDS.get(mistake.tokens[0].type, "the declaration")
    if mistake.token.type == END:
        return messages.ends_early(mistake.span(-1, -1), what, describe(mistake.accepted() - {END}, what))
    if mistake.place == 0:
        return messages.no_item(mistake.span())
    return messages.unexpected(mistake.span(), describe(mistake.accepted(), what))


def _no_token(at: Mistake) -> Diagnostic | None:
    return no_token(at.token, at.span()) if at.token.type in NO_TOKENS else None


def _single_equals(at: Mistake) -> Diagnostic | None:
    if at.token.type == "EQUAL" and at.would_take("COMPARE"):
        return messages.single_equals(at.span())
    return None


def _duration_without_unit(at: Mistake) -> Diagnostic | None:
    if at.token.type != "NUMBER" or not at.would_take("DURATION") or at.would_take("NUMBER"):
        return None
    if at.type_at(1) != END and at.would_take("DURATION", at.type_at(1)) and not unit_of(at.tokens[at.place + 1]):
        return messages.missing_unit(at.span())
    return _spaced_unit(at, 0) or messages.missing_unit(at.span())


def _unit_after_number(at: Mistake) -> Diagnostic | None:
    if at.type_at(-1) != "NUMBER":
        return None
    return _spaced_unit(at, -1) or (messages.missing_unit(at.span(-1, -1)) if at.would_take("CALENDAR") else None)


def _several_long_durations(at: Mistake) -> Diagnostic | None:
    if at.token.type != "DURATION" or at.type_at(-1) != "DURATION":
        return None
    span = at.span(-1, 0)
    short = "".join(f"{count}{unit}" for count, unit in parts_of(span.text))
    return messages.joined_long_duration(span, short)


def _spaced_unit(at: Mistake, step: int) -> Diagnostic | None:
    place = at.place + step
    if place + 1 >= len(at.tokens):
        return None
    number, word = at.tokens[place : place + 2]
    unit = unit_of(word)
    if unit is None:
        return None
    span = at.span(step, step + 1)
    return messages.spaced_unit(span, f"{number}{unit}") if unit else messages.no_month_unit(span)


def _misplaced_cap(at: Mistake) -> Diagnostic | None:
    return messages.cap_of_nothing(at.span()) if at.token.type == "CHANNEL_CAP" else None


def _condition_as_trigger(at: Mistake) -> Diagnostic | None:
    if at.type_at(-1) == "IF" and at.type_at(-2) in {"COLON", END} and at.token.type in _CONDITION_STARTS:
        return messages.missing_trigger(at.span(0, _end_of_condition(at)))
    if at.type_at(-2) == "IF" and at.type_at(-3) in {"COLON", END} and at.token.type in _CONDITION_SIGNS:
        return messages.missing_trigger(at.span(-1, _end_of_condition(at)))
    return None


def _absence_as_trigger(at: Mistake) -> Diagnostic | None:
    asks = at.token.type in {"IN_LAST", "SINCE", "TODAY", "EVER"} and at.would_take("FOR")
    return messages.absence_as_trigger(at.span(0, _end_of_condition(at))) if asks else None


def _end_of_condition(at: Mistake) -> int:
    """How many places further on the condition at hand ends."""
    ends = (step for step in range(1, len(at.tokens) - at.place) if at.type_at(step) in {"THEN", "AND", "OR"})
    return next(ends, len(at.tokens) - at.place) - 1


def _path_as_event(at: Mistake) -> Diagnostic | None:
    if at.token.type == "PATH" and at.would_take("ANY") and not at.would_take("TRUE"):
        return messages.dotted_event(at.span())
    if at.type_at(-1) != "PATH" or at.type_at(-2) != "IF" or not at.would_take("BECOMES"):
        return None
    return None if at.tokens[at.place - 1].startswith("user.") else messages.dotted_event(at.span(-1, -1))


def _every_event(at: Mistake) -> Diagnostic | None:
    every = at.type_at(-2) == "EVERY" and at.token.type in {"THEN", "AND", "WHERE", "OR"}
    return messages.every_what(at.span(-2, -1), str(at.tokens[at.place - 1])) if every else None


def _capital_keyword(at: Mistake) -> Diagnostic | None:
    word = str(at.token)
    known = keywords().terminals.get(word.upper())
    if known is None or word == word.lower() or at.token.type != "NAME" or not at.takes_word(word.upper()):
        return None
    return messages.capital_keyword(at.span(), known)


def _reserved_word(at: Mistake) -> Diagnostic | None:
    if str(at.token) not in keywords().reserved or not at.would_take("NAME", at.type_at(1)):
        return None
    return messages.reserved_word(at.span(), path=at.would_take("TRUE"))


def _reserved_function(at: Mistake) -> Diagnostic | None:
    """`last > 3`: the word before begins a call, and no parenthesis follows."""
    reserved = at.type_at(-1) in {"FIRST", "LAST", "PREVIOUS"} and at.would_take("LPAR")
    can_follow_name = at.token.type in _CONDITION_SIGNS | {"THEN", "AND", "OR"}
    return messages.reserved_word(at.span(-1, -1), path=True) if reserved and can_follow_name else None


def _spaced_path(at: Mistake) -> Diagnostic | None:
    return messages.spaced_path(at.span(-1, 0)) if at.token.type == "TAIL" and at.place > 0 else None


def _hyphen_in_name(at: Mistake) -> Diagnostic | None:
    if at.token.type != "MINUS" or at.type_at(-1) != "NAME":
        return None
    last = at.place - 1
    while _is_joined_name(at.tokens[last : last + 3]):
        last += 2
    return messages.hyphen_in_name(at.span(-1, last - at.place)) if last >= at.place else None


def _is_joined_name(tokens: list[Token]) -> bool:
    """Whether a minus and a word follow a token without spaces."""
    if len(tokens) < 3 or tokens[1].type != "MINUS" or not tokens[2].isidentifier():
        return False
    return tokens[0].end_pos == tokens[1].start_pos and tokens[1].end_pos == tokens[2].start_pos


def _ignored_elsewhere(at: Mistake) -> Diagnostic | None:
    """`ignored offer ever`: `ignored` was read as an event's name, and the rule's name follows."""
    named = at.type_at(-1) == "IGNORED" and at.token.type == "NAME"
    return messages.ignored_elsewhere(at.span(-1, 0), str(at.token)) if named else None


def _missing_channel(at: Mistake) -> Diagnostic | None:
    return messages.missing_channel(at.span()) if at.token.type == "TEXT" and at.type_at(-1) == "SEND" else None


def _attribute(at: Mistake) -> Diagnostic | None:
    unset = at.type_at(-1) == "SET" and at.token.isidentifier()
    return messages.not_an_attribute(at.span()) if unset else None


def _pattern(at: Mistake) -> Diagnostic | None:
    return messages.pattern_not_text(at.span()) if at.type_at(-1) == "MATCHES" else None


def _comparison_chain(at: Mistake) -> Diagnostic | None:
    chains = at.token.type == "COMPARE" and at.would_take("AND") and at.would_take("PLUS")
    return messages.comparison_chain(at.span()) if chains else None


def _loose_where(at: Mistake) -> Diagnostic | None:
    event_before = any(map(at.would_take, ("AND", "OR", "FOR", "IN_LAST")))
    loose = at.token.type == "WHERE" and event_before
    return messages.where_needs_parentheses(at.span()) if loose else None


def _timing_after_action(at: Mistake) -> Diagnostic | None:
    late = at.token.type in {"AFTER", "AT"} and at.would_take("UNLESS")
    return messages.timing_after_action(at.span()) if late else None


def _text_without_quotes(at: Mistake) -> Diagnostic | None:
    """`set user.tier = gold` in a test: a literal is wanted, and a word stands there."""
    literal = at.would_take("TEXT") and at.would_take("TRUE") and not at.would_take("NAME")
    return messages.not_a_literal(at.span()) if at.token.isidentifier() and literal else None


def _missing_colon(at: Mistake) -> Diagnostic | None:
    if at.place == 0 or not at.would_take("COLON", at.token.type):
        return None
    return messages.missing_colon(at.span(-1, -1))


def _missing_word(at: Mistake) -> Diagnostic | None:
    for kind, word in _INSERTED.items():
        fits = at.place > 0 and at.would_take(kind, at.token.type)
        if fits and (kind != "IF" or at.type_at(-1) == "COLON"):
            return messages.missing_word(at.span(), word, str(at.token))
    return None


def _unclosed_at_end(at: Mistake) -> Diagnostic | None:
    for kind in ("RPAR", "RSQB", "RBRACE"):
        if at.would_take(kind, END):
            return messages.never_closed(_opening(at, kind), _INSERTED[kind])
    return None


def _opening(at: Mistake, kind: str) -> Span:
    """The bracket that is still open."""
    opening = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}[kind]
    depth = 0
    for token in reversed(at.tokens):
        depth += (token.type == kind) - (token.type == opening)
        if depth < 0:
            return span_of(at.source, token)
    return at.span(-1, -1)


def _misspelt_keyword(at: Mistake) -> Diagnostic | None:
    word = str(at.token)
    if not word.isidentifier() or len(word) < 3 or word in keywords().reserved:
        return None
    accepted = at.accepted() | (ITEM_STARTS if at.follows_item() else set())
    words = [known for name, known in keywords().terminals.items() if name in accepted]
    begun = [known for known in words if known.startswith(f"{word} ")]
    meant = begun[0] if begun else suggest(word, words, cutoff=0.7)
    return messages.misspelt_keyword(at.span(), meant) if meant else None


def _one_too_many(at: Mistake) -> Diagnostic | None:
    """A sign or word without which the text goes on."""
    if at.place == 0 or at.token.type not in _ONE_TOO_MANY or at.follows_item():
        return None
    return messages.one_too_many(at.span()) if at.would_take(at.type_at(1)) else None


_SLIPS: tuple[Slip, ...] = (
    misform,
    _no_token,
    habit,
    _single_equals,
    _duration_without_unit,
    _unit_after_number,
    _several_long_durations,
    _capital_keyword,
    _hyphen_in_name,
    _condition_as_trigger,
    _absence_as_trigger,
    _path_as_event,
    _every_event,
    _reserved_word,
    _reserved_function,
    _spaced_path,
    _ignored_elsewhere,
    _missing_channel,
    _attribute,
    _pattern,
    _comparison_chain,
    _loose_where,
    _timing_after_action,
    _misspelt_keyword,
    _text_without_quotes,
    _missing_colon,
    _missing_word,
    _one_too_many,
    _misplaced_cap,
)
_AT_END: tuple[Slip, ...] = (_unclosed_at_end, habit_at_end)
