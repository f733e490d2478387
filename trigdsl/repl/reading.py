"""A line of a session, or several that belong together → what it says; mistakes in it point into it.

What happens to a user is written as in the lines of a test, with the clock's moves in front or alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import evolve, frozen

from trigdsl.diagnostics.diagnostic import Diagnostic, Severity
from trigdsl.repl.moves import Move, read_move
from trigdsl.repl.refusal import Faults, Refusal
from trigdsl.repl.slips import PARTS, check_line
from trigdsl.source import Source, Span
from trigdsl.syntax import nodes
from trigdsl.syntax.continuations import continuation
from trigdsl.syntax.items import ITEM_STARTS
from trigdsl.syntax.parser import parse_file
from trigdsl.syntax.tokens import Token, tokenize

NAME = "typed"
"""What typed text is called in messages."""

_OPENING, _CLOSING = {"LBRACE", "LPAR", "LSQB"}, {"RBRACE", "RPAR", "RSQB"}
_USER = re.compile(r'user\s+("(?:[^"\\]|\\.)*"|`[^`\n]+`|[^\s{"`]+)')
_HEAD = 'test "typed":\n'
_MOMENT = "2000-01-01 00:00 "


@frozen
class Placed:
    """Where a typed text stands in a longer one that is checked; `mapped` brings findings back into it.

    In `source` the characters `start` to `end` are those of `original` that stand `shift` before.  With
    `clamps`, places outside of them are brought in too: there is nothing else that could be meant.
    """

    source: Source
    original: Source
    start: int
    end: int
    shift: int
    clamps: bool = False

    def has(self, found: Diagnostic) -> bool:
        """Whether a finding is about this text."""
        if found.span.source.name != self.source.name:
            return False
        return self.clamps or self.start <= found.span.start <= self.end

    def mapped(self, found: Diagnostic) -> Diagnostic:
        """The finding, with its places in the original text, and without edits."""
        labels = tuple(evolve(label, span=self._span(label.span)) for label in found.labels)
        return evolve(found, span=self._span(found.span), labels=labels, fix=None)

    def _span(self, span: Span) -> Span:
        inside = self.start <= span.start <= span.end <= self.end
        if span.source.name != self.source.name or not (inside or self.clamps):
            return span
        start, end = (min(max(at, self.start), self.end) - self.shift for at in (span.start, span.end))
        return Span(self.original, start, end)


@frozen
class Command:
    """`:name argument`."""

    name: str
    argument: str


@frozen
class Question:
    """`? expression`."""

    text: str


@frozen
class Rules:
    """Rules and declarations, of the right form."""

    source: Source
    items: tuple[nodes.Item, ...]


@frozen
class WhoIs:
    """`user NAME`, with what is known of them before anything happens."""

    user: str
    known: nodes.TestUser | None
    placed: Placed | None


@frozen
class Happens:
    """A move of the clock, an event or a change of the user, or a move and then one of these."""

    move: Move | None
    line: nodes.TestEvent | nodes.TestChange | None
    placed: Placed | None


@frozen
class Expects:
    """`expect …`."""

    node: nodes.ExpectSends | nodes.ExpectRule
    placed: Placed


Said = Command | Question | Rules | WhoIs | Happens | Expects


def read(text: str) -> Said | None:
    """What a text says, None for a blank one or a comment; raises Refusal or Faults."""
    stripped = text.strip()
    if stripped.startswith(":"):
        name, _, argument = stripped[1:].partition(" ")
        return Command(name.strip(), argument.strip())
    if stripped.startswith("?"):
        return Question(stripped[1:].strip())
    tokens = tokenize(text)
    if not tokens:
        return None
    source = Source(NAME, text)
    user = _USER.match(stripped) if tokens[0].type == "USER" else None
    if user is not None:
        return _who(source, user, len(text) - len(text.lstrip()))
    if is_item(tokens):
        return _rules(source)
    if tokens[0].type == "USER":
        raise Refusal("which user?", "write `user u2` to go on with another user")
    if tokens[0].type == "EXPECT":
        return _expects(source)
    return _happens(source, tokens)


def _rules(source: Source) -> Rules:
    parsed = parse_file(source)
    _refuse(parsed.diagnostics)
    assert parsed.file is not None
    return Rules(source, parsed.file.items)


def _refuse(diagnostics: Sequence[Diagnostic]) -> None:
    if any(one.severity is Severity.ERROR for one in diagnostics):
        raise Faults(tuple(diagnostics))


# ------------------------------------------------------------------------ as lines of a test
def _wrap(source: Source, start: int, before: str) -> tuple[Placed, nodes.Test]:
    """The text from `start` on as the line of a test, and that test."""
    head, text = _HEAD + before, source.text.rstrip()
    inner = Source(f"{source.name} line", head + text[start:])
    placed = Placed(inner, source, len(head), len(head) + len(text) - start, len(head) - start, clamps=True)
    parsed = parse_file(inner)
    errors = [placed.mapped(one) for one in parsed.diagnostics if one.severity is Severity.ERROR]
    if errors:
        raise Faults(tuple(errors[:1]))
    assert parsed.file is not None
    [test] = [item for item in parsed.file.items if isinstance(item, nodes.Test)][:1]
    return placed, test


def _who(source: Source, found: re.Match[str], start: int) -> WhoIs:
    name = found[1]
    user = tokens_value(name) if name.startswith('"') else name.strip("`")
    end = start + found.end()
    rest = source.text[end:].strip()
    if not rest:
        return WhoIs(user, None, None)
    if not re.match(r"\{|in\b", rest):
        raise Refusal(
            f"after the user comes what is known of them in braces, not `{rest}`", f'write `user "{user} {rest}"`'
        )
    placed, test = _wrap(source, end, "user ")
    return WhoIs(user, test.user, placed)


def tokens_value(quoted: str) -> str:
    """The text that a quoted one stands for."""
    import msgspec

    try:
        return msgspec.json.decode(quoted.encode(), type=str)
    except msgspec.DecodeError as error:
        raise Refusal(f"{quoted} is no text", "write it as in JSON") from error


def _expects(source: Source) -> Expects:
    placed, test = _wrap(source, 0, _MOMENT + "x\n")
    lines = [line for line in test.lines if isinstance(line, nodes.ExpectSends | nodes.ExpectRule)]
    if len(lines) != 1 or len(test.lines) != 2:  # the first is the event that was put before it
        raise Refusal("one `expect` at a time", "write what happens in lines of its own")
    return Expects(lines[0], placed)


def _happens(source: Source, tokens: list[Token]) -> Happens:
    move, count = read_move(tokens)
    if move is not None and count == len(tokens):
        return Happens(move, None, None)
    check_line(source.text, tokens[count:])
    start = int(tokens[count].start_pos or 0)
    placed, test = _wrap(source, start, _MOMENT)
    happening = [line for line in test.lines if isinstance(line, nodes.TestEvent | nodes.TestChange)]
    if len(happening) != 1 or len(test.lines) != 1:
        raise Refusal("one event or change at a time", "write each in a line of its own")
    return Happens(move, happening[0], placed)


# ------------------------------------------------------------------------ lines that go on
def is_unfinished(text: str) -> bool:
    """Whether a text cannot be all of what is being said: a bracket or a text is open, or a rule has no end."""
    stripped = text.strip()
    if not stripped or stripped.startswith(":"):
        return False
    tokens = tokenize(stripped)
    if not tokens:
        return False
    if tokens[-1].type == "UNCLOSED_TEXT" and tokens[-1].startswith('"""'):
        return True
    kinds = [token.type for token in tokens]
    if sum(kind in _OPENING for kind in kinds) > sum(kind in _CLOSING for kind in kinds):
        return True
    if not is_item(tokens):
        return False
    follows = continuation(stripped)
    return follows.fits and not follows.ends


def may_go_on(text: str) -> bool:
    """Whether more may belong to a text that could end here: rules over several lines end with a blank one."""
    return "\n" in text.strip() and is_item(tokenize(text))


def is_item(tokens: list[Token]) -> bool:
    """Whether tokens begin a rule or a declaration; `user u2` does not."""
    kinds = [token.type for token in tokens[:2]]
    return bool(kinds) and kinds[0] in ITEM_STARTS and (kinds[0] != "USER" or kinds[1:] == ["LBRACE"])


def goes_on_with(text: str, line: str) -> bool:
    """Whether a line belongs to the rules before it: it is indented, or begins as only a part of a rule does."""
    if not line.strip() or not is_item(tokenize(text)):
        return False
    if line[0].isspace():
        return True
    tokens = tokenize(line)
    return tokens[0].type in PARTS if tokens else True
