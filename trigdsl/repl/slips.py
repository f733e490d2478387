"""Lines that mean something else than they say → what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence

from trigdsl.diagnostics.suggest import suggest
from trigdsl.repl.moves import is_day
from trigdsl.repl.refusal import Refusal
from trigdsl.syntax.grammar import terminals
from trigdsl.syntax.tokens import Token

_EXPRESSIONS = terminals("PATH NUMBER LPAR TEXT NOT TIME_SINCE LSQB TRUE FALSE")
_OPERATORS = terminals(
    "COMPARE AND OR IN NOT_IN EXISTS IS_MISSING EVER IN_LAST SINCE CONTAINS MATCHES STARTS_WITH ENDS_WITH DEFAULT "
    "TIMES DIVIDED_BY MINUS"
)
PARTS = terminals(
    "THEN UNLESS BETWEEN ON NOT_ON ELSE_SKIP EXPIRES PRIORITY URGENT STOP_ON ONCE AT_MOST WHILE_PENDING FOR_EACH FROM "
    "UNTIL HOLDOUT GOAL TAG ON_EDIT WHEN OTHERWISE PERCENT WITH AND OR WHERE REQUIRES LIMIT CHANNEL_CAP AS AT AFTER"
)
"""Tokens that a line begins with only inside of an item."""

_LINES = ("set", "user", "expect", "add", "remove", "if", "rule")
"""Words that begin lines, and so no commands."""

_MEANT = {
    "undo": "back",
    "exit": "quit",
    "q": "quit",
    "h": "help",
    "next": "to next",
    "list": "rules",
    "test": "save test",
    "history": "log",
    "diff": "compare",
    "explain": "why",
}
"""What others call commands → what they are called here."""


def check_line(text: str, tokens: Sequence[Token]) -> None:
    """Raises Refusal for a line about users that is a slip; `tokens` are those behind a move of the clock."""
    kinds = [token.type for token in tokens]
    written = text.strip()
    if kinds[:2] == ["PATH", "EQUAL"]:
        raise Refusal("a change of the user begins with `set`", f"write `set {written}`")
    if kinds[:3] == ["SET", "PATH", "EQUAL"] and kinds[3:] == ["NAME"]:
        raise Refusal(f"`{tokens[3]}` is no value", f'a text stands in quotes: `set {tokens[1]} = "{tokens[3]}"`')
    if kinds[0] in _EXPRESSIONS or (len(kinds) > 1 and kinds[1] in _OPERATORS):
        raise Refusal("an expression alone does nothing", f"write `? {written}` to see its value")
    if kinds[1:] == ["DURATION"] and kinds[0] != "PLUS":
        raise Refusal("this moves nothing", f"write `+{tokens[1]}` to move the clock")
    if kinds[0] in PARTS or kinds[0] in ("SEND", "EMIT", "CALL"):
        raise Refusal(
            f"`{tokens[0]}` is a part of a rule, which begins with `if` or `rule`",
            "such as `if signup then send push`, or `rule welcome:` and the rest in the lines below",
        )


def check_word(word: str, commands: Sequence[str]) -> None:
    """Raises Refusal for a word that would be an event of which no rule has heard, and means something else here."""
    if is_day(word):
        raise Refusal(f"at what time {word}?", f"write `09:00 {word}`")
    meant = word if word in commands else _MEANT.get(word)
    if meant is not None:
        raise Refusal(f"`{word}` alone would be an event, and no rule names it", f"the command is `:{meant}`")


def unknown_command(name: str, commands: Sequence[str]) -> Refusal:
    """What is said to a command that there is not."""
    meant = _MEANT.get(name) or suggest(name, commands, cutoff=0.65)
    if name in _LINES:
        return Refusal(f"no command `:{name}`", "write the line without the colon")
    return Refusal(f"no command `:{name}`", f"did you mean `:{meant}`?" if meant else "`:help` lists them all")
