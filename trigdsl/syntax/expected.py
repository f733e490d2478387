"""The terminals that a parser would accept → words for people, such as ``an event or `then` ``."""

from __future__ import annotations

from collections.abc import Iterable

from trigdsl.syntax.grammar import keywords, terminals

END = "$END"

_KINDS_OF_TOKEN = {
    "NAME": "a name",
    "PATH": "a path such as `cart.value`",
    "TEXT": 'a text such as `"…"`',
    "NUMBER": "a number",
    "DURATION": "a duration such as `30m`",
    "TIME": "a time such as `09:00`",
    "DATE": "a date such as `2026-11-20`",
    "MONTHDAY": "a day such as `11-27`",
    "PERCENT": "a share such as `50%`",
    "ORDINAL": "`2nd`, `3rd`, …",
    "COLON": "`:`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "CHANNEL_CAP": "`cap`",
}
_UNSAID = frozenset({"QUOTED_NAME", "TAIL", END})

# Sets of terminals with one word for all of them, in the order in which they are tried: (what must be there,
# what the word then covers, the word).
_OPERATORS = (
    "COMPARE CONTAINS STARTS_WITH ENDS_WITH MATCHES IN NOT_IN EXISTS IS_MISSING PLUS MINUS TIMES DIVIDED_BY DEFAULT"
)
_VALUES = (
    "TEXT NUMBER DATE DURATION TRUE FALSE LSQB LPAR NAME PATH USER ANY NO NOT MINUS TIME_SINCE FIRST LAST PREVIOUS"
)
_MODIFIERS = "UNLESS BETWEEN ON NOT_ON ELSE_SKIP EXPIRES PRIORITY URGENT"
_CLAUSES = "STOP_ON ONCE AT_MOST WHILE_PENDING FOR_EACH FROM UNTIL HOLDOUT GOAL TAG ON_EDIT"
_ITEMS = "RULE IF TIMEZONE EVENT USER CHANNEL CAP CALENDAR SEGMENT LIST TEST INVARIANT"
_GROUPS = tuple(
    (terminals(needs), terminals(covers), word)
    for needs, covers, word in (
        ("TRUE NOT", _VALUES, "a condition or value"),
        ("TRUE NUMBER", _VALUES, "a value"),
        ("ANY EVERY", "NAME ANY LPAR FIRST ORDINAL EVERY NO ON USER PATH", "what the rule waits for, such as an event"),
        ("ANY", "NAME ANY LPAR", "an event"),
        ("SEND SET EMIT", "SEND SET EMIT CALL ADD_TO REMOVE_FROM", "an action such as `send push`"),
        ("COMPARE", f"{_OPERATORS} LPAR", "an operator such as `==`"),
        ("PLUS MINUS", f"{_OPERATORS} LPAR", "an operator such as `+`"),
        ("IN_LAST SINCE EVER", "IN_LAST SINCE TODAY EVER", "a period such as `in last 7d`"),
        ("UNLESS EXPIRES", _MODIFIERS, "a modifier such as `unless`"),
        ("STOP_ON TAG", _CLAUSES, "a clause such as `stop on`"),
        ("RULE TIMEZONE", _ITEMS, "a rule or a declaration"),
        ("MON TUE", "MON TUE WED THU FRI SAT SUN", "a weekday"),
    )
)


def describe(accepted: Iterable[str], what: str) -> str:
    """What could stand here, for people, never the name of a terminal; `what` is the item that could end here."""
    words = _words(set(accepted), what) or ["nothing more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _words(left: set[str], what: str) -> list[str]:
    known = keywords()
    ends = END in left
    if "NAME" in left:
        left -= {name for name, word in known.terminals.items() if word in known.soft}
    said: list[str] = []
    for needs, covers, word in _GROUPS:
        if needs <= left:
            left -= covers
            said.append(word)
    rest = sorted(left - _UNSAID, key=lambda name: (name not in _KINDS_OF_TOKEN, name))
    said = [_KINDS_OF_TOKEN.get(name) or f"`{known.terminals[name]}`" for name in rest if _has_word(name)] + said
    return said if not ends or not said else [*said, f"the end of {what}"]


def _has_word(name: str) -> bool:
    return name in _KINDS_OF_TOKEN or name in keywords().terminals
