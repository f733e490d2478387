"""A place in a program → what can be written there: keywords by the grammar, names by the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import frozen
from lsprotocol import types as lsp

from trigdsl.checker.fields import leaves
from trigdsl.engine.functions import BUILTINS
from trigdsl.lsp.keyword_docs import KEYWORD_DOCS
from trigdsl.lsp.navigation import symbols
from trigdsl.lsp.programs import Document, Program
from trigdsl.lsp.symbols import Kind
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

_ITEM_KINDS: dict[Kind, lsp.CompletionItemKind] = {
    Kind.EVENT: lsp.CompletionItemKind.Event,
    Kind.RULE: lsp.CompletionItemKind.Function,
    Kind.CHANNEL: lsp.CompletionItemKind.Interface,
    Kind.MEMBER: lsp.CompletionItemKind.Class,
    Kind.CALENDAR: lsp.CompletionItemKind.Class,
    Kind.TAG: lsp.CompletionItemKind.Constant,
    Kind.VARIANT: lsp.CompletionItemKind.EnumMember,
    Kind.ATTRIBUTE: lsp.CompletionItemKind.Field,
    Kind.FIELD: lsp.CompletionItemKind.Field,
}


@frozen
class _Place:
    """Where something is completed: the path before the last dot, where the word begins, and what may follow."""

    program: Program
    document: Document
    start: int
    offset: int
    prefix: tuple[str, ...]
    follows: Continuation
    rule: n.Rule | None


def completions(program: Program, document: Document, offset: int) -> lsp.CompletionList:
    """Everything that can stand at an offset, the word that is being written there left out of account."""
    place = _place(program, document, offset)
    found: dict[str, lsp.CompletionItem] = {}
    for item in _items(place):
        found.setdefault(item.label, item)
    where = document.text.range(place.start, offset)
    for item in found.values():
        item.text_edit = lsp.TextEdit(where, item.insert_text or item.label)
        item.insert_text = None
    return lsp.CompletionList(is_incomplete=False, items=list(found.values()))


def _place(program: Program, document: Document, offset: int) -> _Place:
    before = document.text.line_before(offset)
    written = _WRITTEN.search(before)
    word = written[0] if written else ""
    parts = re.findall(r"`[^`\n]*`?|[^.`]+", word) if word else []
    last = "" if word.endswith(".") or not parts else parts.pop()
    start = offset - len(word)
    at = document.reading.at(start)
    piece_text = at[0].source.text[: at[1]] if at else ""
    inside = _template(piece_text) is not None
    rule = next((item for item in at[0].items if isinstance(item, n.Rule)), None) if at else None
    return _Place(
        program=program,
        document=document,
        start=offset - len(last),
        offset=offset,
        prefix=tuple(part.strip("`") for part in parts),
        follows=_IN_TEMPLATE if inside else continuation(piece_text),
        rule=rule,
    )


_IN_TEMPLATE = Continuation((), name=False, path=True, duration=False, before=("TEMPLATE",), words=())


def _template(text: str) -> str | None:
    """The beginning of a template's expression that the text ends in: `{{ user.` in a text."""
    found = re.search(r"\{\{(?:(?!\}\}|\").)*$", text, re.DOTALL)
    return found[0] if found else None


def _items(place: _Place) -> Iterator[lsp.CompletionItem]:
    if place.prefix:
        yield from _fields(place)
        return
    follows = place.follows
    before = follows.before[-1] if follows.before else ""
    if before in _FRESH:
        return
    if follows.before[:1] in (("EVENT",), ("USER",)) and before == "COLON":
        yield from (_item(name, lsp.CompletionItemKind.TypeParameter) for name in TYPES)
        return
    if follows.name or not follows.fits:
        yield from _names(place, before)
    if follows.path and before not in _KIND_AFTER:
        yield from _values(place)
    if follows.duration:
        yield from (_item(text, lsp.CompletionItemKind.Unit) for text in ("30m", "1h", "1d", "7d"))
    for word in (*follows.keywords, *_SPECIAL_AFTER.get(before, ())):
        yield _item(word, lsp.CompletionItemKind.Keyword, doc=KEYWORD_DOCS.get(word))


def _names(place: _Place, before: str) -> Iterator[lsp.CompletionItem]:
    kind = _KIND_AFTER.get(before)
    words = place.follows.words
    if place.follows.before[:1] == ("TEST",) and kind is None:
        kinds: tuple[Kind, ...] = (Kind.EVENT,)
        if before in {"EXPECT", "NO", "ONLY"}:
            kinds = (Kind.RULE,)
        elif before == "ON":
            kinds = (Kind.CHANNEL,)
        elif "EXPECT" in place.follows.before[-3:]:
            kinds = ()
            yield from (_item(str(status), lsp.CompletionItemKind.EnumMember) for status in STATUSES)
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
        yield from _of_kind(place, wanted)


def _of_kind(place: _Place, kind: Kind) -> Iterator[lsp.CompletionItem]:
    """The names of a kind, declared or used anywhere else in the program; declared ones first."""
    declared: dict[str, bool] = {}
    for found in symbols(place.program):
        being_written = found.document is place.document and found.start <= place.offset <= found.end
        if found.symbol.kind is kind and not being_written:
            name = found.symbol.name
            declared[name] = declared.get(name, False) or found.symbol.declares
    for name, sure in sorted(declared.items()):
        detail = str(kind) if sure else f"{kind}, not declared"
        rank = "0" if sure else "1"
        yield _item(print_tree(n.Name(text=name)), _ITEM_KINDS.get(kind), detail=detail, rank=rank)


def _values(place: _Place) -> Iterator[lsp.CompletionItem]:
    """What an expression may begin with."""
    for path, kind in _event_fields(place):
        yield _item(path, lsp.CompletionItemKind.Field, detail=kind, rank="0")
    for path, kind in _user_fields(place.program):
        yield _item(f"user.{path}", lsp.CompletionItemKind.Field, detail=kind, rank="1")
    for root, fields in _CLOCK.items():
        yield from (_item(f"{root}.{name}", lsp.CompletionItemKind.Property, rank="3") for name in fields)
    yield _item("now", lsp.CompletionItemKind.Property, rank="3")
    if place.follows is not _IN_TEMPLATE:
        for builtin in BUILTINS.values():
            detail = f"({', '.join(builtin.parameters)}) -> {builtin.returns}"
            yield _item(builtin.name, lsp.CompletionItemKind.Function, detail=detail, rank="3")
        yield from (_item(name, lsp.CompletionItemKind.Function, rank="3") for name in AGGREGATES)


def _fields(place: _Place) -> Iterator[lsp.CompletionItem]:
    """What may follow a path and its dot."""
    root, *rest = place.prefix
    if root in _CLOCK:
        yield from (_item(name, lsp.CompletionItemKind.Property) for name in (() if rest else _CLOCK[root]))
        return
    if root == "user":
        known = _user_fields(place.program)
    elif root in ("event", "trigger"):
        known = _event_fields(place)
    else:
        rest = [root, *rest]
        known = [*_event_fields(place), *((f"{root}.{path}", kind) for path, kind in _fields_of(place.program, [root]))]
    ahead = "".join(f"{part}." for part in rest)
    for path, kind in known:
        if path.startswith(ahead) and path != ahead:
            yield _item(path[len(ahead) :], lsp.CompletionItemKind.Field, detail=kind)


def _event_fields(place: _Place) -> list[tuple[str, str]]:
    """The fields of the events that the rule at the place may be triggered by; of all events where that is unknown."""
    names: list[str] = []
    if place.rule is not None and isinstance(place.rule.trigger, n.EventTrigger | n.SilenceTrigger):
        names = [leaf.name for leaf in leaves(place.rule.trigger.event) if isinstance(leaf, n.Event)]
    elif "IF" in place.follows.before:
        behind = place.follows.words[place.follows.before.index("IF") + 1 :]
        names = [word.strip("`") for word in behind[:1]]
    return _fields_of(place.program, names or None) or ([] if names else _fields_of(place.program, None))


def _fields_of(program: Program, names: Iterable[str] | None) -> list[tuple[str, str]]:
    """The fields of some events, or of all: the declared ones, else the properties that conditions read; with types."""
    wanted = set(names) if names is not None else None
    found: dict[str, str] = {}
    for document in program.documents:
        for item in document.reading.items:
            if isinstance(item, n.EventDecl) and (wanted is None or item.name.text in wanted):
                found |= {".".join(one.path): one.type for one in item.fields or ()}
    if found and wanted is not None:
        return sorted(found.items())
    for one in symbols(program):
        used = one.symbol.kind is Kind.FIELD and not one.symbol.declares
        if used and (wanted is None or wanted & set(one.symbol.owners)):
            found.setdefault(one.symbol.name, "")
    return sorted(found.items())


def _user_fields(program: Program) -> list[tuple[str, str]]:
    """The declared attributes; those that rules and tests use where none are declared."""
    found: dict[str, str] = {}
    for document in program.documents:
        for item in document.reading.items:
            if isinstance(item, n.UserDecl):
                found |= {".".join(one.path): one.type for one in item.fields}
    if found:
        return sorted(found.items())
    for one in symbols(program):
        if one.symbol.kind is Kind.ATTRIBUTE:
            found.setdefault(one.symbol.name, "")
    return sorted(found.items())


def _item(
    label: str,
    kind: lsp.CompletionItemKind | None,
    *,
    detail: str | None = None,
    doc: str | None = None,
    rank: str = "5",
) -> lsp.CompletionItem:
    text = lsp.MarkupContent(lsp.MarkupKind.Markdown, doc) if doc else None
    return lsp.CompletionItem(label, kind=kind, detail=detail or None, documentation=text, sort_text=f"{rank}{label}")
