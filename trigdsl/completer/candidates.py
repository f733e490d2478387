"""A place in a text and the program around it → what can be written there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from trigdsl.checker.fields import leaves
from trigdsl.completer.keyword_docs import KEYWORD_DOCS
from trigdsl.completer.symbols import Kind, Symbol
from trigdsl.engine.functions import BUILTINS
from trigdsl.model.decisions import STATUSES
from trigdsl.model.signatures import TYPES
from trigdsl.syntax import nodes as n
from trigdsl.syntax.continuations import Continuation, continuation
from trigdsl.syntax.printer import print_tree

AGGREGATES = ("count", "sum", "avg", "min", "max", "first", "last", "distinct", "previous")
_CLOCK = {"local": ("hour", "minute", "weekday", "date", "day", "month"), "rule": ("name", "title")}
_WRITTEN = re.compile(r"(?:(?:[^\W\d]\w*|`[^`\n]*`)\.)*(?:`[^`\n]*|[^\W\d]\w*)?$")

_KIND_AFTER: dict[str, Kind] = {
    "SEND": Kind.CHANNEL,
    "CAP": Kind.CHANNEL,
    "ADD_TO": Kind.MEMBER,
    "REMOVE_FROM": Kind.MEMBER,
    "ENTERS": Kind.MEMBER,
    "LEAVES": Kind.MEMBER,
    "NOT_ON": Kind.CALENDAR,
    "EMIT": Kind.EVENT,
    "IF": Kind.EVENT,
    "UNLESS": Kind.EVENT,
    "STOP_ON": Kind.EVENT,
    "GOAL": Kind.EVENT,
    "SINCE": Kind.EVENT,
    "TIME_SINCE": Kind.EVENT,
    "FIRST": Kind.EVENT,
    "ORDINAL": Kind.EVENT,
    "SENT": Kind.RULE,
    "OPENED": Kind.RULE,
    "CLICKED": Kind.RULE,
    "BOUNCED": Kind.RULE,
    "UNSUBSCRIBED": Kind.RULE,
    "IGNORED": Kind.RULE,
    "TAG": Kind.TAG,
}
"""The kind of token before a name → what the name is of."""

_FRESH = frozenset({"RULE", "EVENT", "CHANNEL", "CALENDAR", "SEGMENT", "LIST", "INVARIANT", "AS"})
"""Tokens after which a new name is made up."""

_OF_RULES = ("sent", "opened", "clicked", "bounced", "unsubscribed")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPECIAL_AFTER: dict[str, tuple[str, ...]] = {
    "EVERY": ("day", "weekday", "weekend", "month", "year", *_WEEK),
    "ON": ("weekdays", "weekends", *_WEEK),
    "IF": (*_OF_RULES, "ignored"),
    **dict.fromkeys(("UNLESS", "STOP_ON", "GOAL", "SINCE", "TIME_SINCE", "FIRST", "ORDINAL", "NO"), _OF_RULES),
}
"""Words that mean something where names can stand too, so that the grammar does not tell whether to offer them."""


@frozen
class Candidate:
    """Something that can be written. `kind` is a Kind's name, or keyword, type, unit, property or status.

    `doc` is Markdown; of two candidates the one with the lower `rank` is the likelier.
    """

    label: str
    kind: str
    detail: str | None = None
    doc: str | None = None
    rank: str = "5"


@frozen
class Word:
    """The word that is being written at the end of a text: where its last part begins, and the parts before."""

    start: int
    path: int
    prefix: tuple[str, ...]


def word_at(line: str) -> Word:
    """The word that a line ends in; `start` and `path` (of the whole path) count from the line's start."""
    written = _WRITTEN.search(line)
    word = written[0] if written else ""
    parts = re.findall(r"`[^`\n]*`?|[^.`]+", word) if word else []
    last = "" if word.endswith(".") or not parts else parts.pop()
    return Word(len(line) - len(last), len(line) - len(word), tuple(part.strip("`") for part in parts))


@frozen
class Known:
    """What a program has to offer: its items, and all its symbols but the one that is being written."""

    items: Sequence[n.Item]
    symbols: Sequence[Symbol]


_IN_TEMPLATE = Continuation((), name=False, path=True, duration=False, before=("TEMPLATE",), words=())


def candidates(text: str, prefix: tuple[str, ...], known: Known, rule: n.Rule | None = None) -> Iterator[Candidate]:
    """Everything that can follow `text`, which begins with an item and ends before the path that is being written.

    `prefix` are the parts of that path up to its last dot, `rule` the one that the place is in, if it is known.
    """
    follows = _IN_TEMPLATE if _template(text) is not None else continuation(text)
    yield from _Place(known, prefix, follows, rule).all()


def _template(text: str) -> str | None:
    """The beginning of a template's expression that the text ends in: `{{ user.` in a text."""
    found = re.search(r"\{\{(?:(?!\}\}|\").)*$", text, re.DOTALL)
    return found[0] if found else None


@frozen
class _Place:
    known: Known
    prefix: tuple[str, ...]
    follows: Continuation
    rule: n.Rule | None

    def all(self) -> Iterator[Candidate]:
        if self.prefix:
            yield from self._fields()
            return
        follows = self.follows
        before = follows.before[-1] if follows.before else ""
        if before in _FRESH:
            return
        if follows.before[:1] in (("EVENT",), ("USER",)) and before == "COLON":
            yield from (Candidate(name, "type") for name in TYPES)
            return
        if follows.name or not follows.fits:
            yield from self._names(before)
        if follows.path and before not in _KIND_AFTER:
            yield from self._values()
        if follows.duration:
            yield from (Candidate(text, "unit") for text in ("30m", "1h", "1d", "7d"))
        for word in (*follows.keywords, *_SPECIAL_AFTER.get(before, ())):
            yield Candidate(word, "keyword", doc=KEYWORD_DOCS.get(word))

    def _names(self, before: str) -> Iterator[Candidate]:
        kind = _KIND_AFTER.get(before)
        words = self.follows.words
        if self.follows.before[:1] == ("TEST",) and kind is None:
            kinds: tuple[Kind, ...] = (Kind.EVENT,)
            if before in {"EXPECT", "NO", "ONLY"}:
                kinds = (Kind.RULE,)
            elif before == "ON":
                kinds = (Kind.CHANNEL,)
            elif "EXPECT" in self.follows.before[-3:]:
                kinds = ()
                yield from (Candidate(str(status), "status") for status in STATUSES)
        elif kind is not None:
            kinds = (kind,)
        elif before in {"IN", "NOT_IN"} and words[-2:-1] == ("user",):
            kinds = (Kind.MEMBER,)
        elif before in {"EVERY", "ON"}:
            kinds = (Kind.CALENDAR,)
        elif before == "CALL":
            kinds = (Kind.FUNCTION,)
        else:
            kinds = (Kind.EVENT,)
        for wanted in kinds:
            yield from names_of(self.known, wanted)

    def _values(self) -> Iterator[Candidate]:
        """What an expression may begin with."""
        for path, kind in self._event_fields():
            yield Candidate(path, "field", detail=kind or None, rank="0")
        for path, kind in user_fields(self.known):
            yield Candidate(f"user.{path}", "field", detail=kind or None, rank="1")
        for root, fields in _CLOCK.items():
            yield from (Candidate(f"{root}.{name}", "property", rank="3") for name in fields)
        yield Candidate("now", "property", rank="3")
        if self.follows is not _IN_TEMPLATE:
            for builtin in BUILTINS.values():
                detail = f"({', '.join(builtin.parameters)}) -> {builtin.returns}"
                yield Candidate(builtin.name, "function", detail=detail, rank="3")
            yield from (Candidate(name, "function", rank="3") for name in AGGREGATES)

    def _fields(self) -> Iterator[Candidate]:
        """What may follow a path and its dot."""
        root, *rest = self.prefix
        if root in _CLOCK:
            yield from (Candidate(name, "property") for name in (() if rest else _CLOCK[root]))
            return
        if root == "user":
            known = user_fields(self.known)
        elif root in ("event", "trigger"):
            known = self._event_fields()
        else:
            rest = [root, *rest]
            known = [
                *self._event_fields(), *((f"{root}.{path}", kind) for path, kind in event_fields(self.known, [root]))
            ]  # fmt: skip
        ahead = "".join(f"{part}." for part in rest)
        for path, kind in known:
            if path.startswith(ahead) and path != ahead:
                yield Candidate(path[len(ahead) :], "field", detail=kind or None)

    def _event_fields(self) -> list[tuple[str, str]]:
        """The fields of the events that may trigger the rule at the place; of all events where that is unknown."""
        names: list[str] = []
        if self.rule is not None and isinstance(self.rule.trigger, n.EventTrigger | n.SilenceTrigger):
            names = [leaf.name for leaf in leaves(self.rule.trigger.event) if isinstance(leaf, n.Event)]
        elif "IF" in self.follows.before:
            behind = self.follows.words[self.follows.before.index("IF") + 1 :]
            names = [word.strip("`") for word in behind[:1]]
        return event_fields(self.known, names or None) or ([] if names else event_fields(self.known, None))


def names_of(known: Known, kind: Kind) -> Iterator[Candidate]:
    """The names of a kind, declared or used anywhere in the program; declared ones first."""
    declared: dict[str, bool] = {}
    for symbol in known.symbols:
        if symbol.kind is kind:
            declared[symbol.name] = declared.get(symbol.name, False) or symbol.declares
    for name, sure in sorted(declared.items()):
        detail = str(kind) if sure else f"{kind}, not declared"
        yield Candidate(print_tree(n.Name(text=name)), kind.name.lower(), detail=detail, rank="0" if sure else "1")


def event_fields(known: Known, names: Iterable[str] | None) -> list[tuple[str, str]]:
    """The fields of some events, or of all: the declared ones, else the properties that conditions read; with types."""
    wanted = set(names) if names is not None else None
    found: dict[str, str] = {}
    for item in known.items:
        if isinstance(item, n.EventDecl) and (wanted is None or item.name.text in wanted):
            found |= {".".join(one.path): one.type for one in item.fields or ()}
    if found and wanted is not None:
        return sorted(found.items())
    for symbol in known.symbols:
        used = symbol.kind is Kind.FIELD and not symbol.declares
        if used and (wanted is None or wanted & set(symbol.owners)):
            found.setdefault(symbol.name, "")
    return sorted(found.items())


def user_fields(known: Known) -> list[tuple[str, str]]:
    """The declared attributes; those that rules and tests use where none are declared."""
    found: dict[str, str] = {}
    for item in known.items:
        if isinstance(item, n.UserDecl):
            found |= {".".join(one.path): one.type for one in item.fields}
    if found:
        return sorted(found.items())
    for symbol in known.symbols:
        if symbol.kind is Kind.ATTRIBUTE:
            found.setdefault(symbol.name, "")
    return sorted(found.items())
