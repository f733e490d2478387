"""The beginning of an item → the words that can come next: what an editor offers."""

from __future__ import annotations

from attrs import frozen
from lark.exceptions import UnexpectedToken

from trigdsl.syntax.grammar import keywords, parser
from trigdsl.syntax.items import ITEM_STARTS, cut
from trigdsl.syntax.tokens import tokenize

_ENDS = "$END"


@frozen
class Continuation:
    """What can stand behind a text.

    `keywords` as a program writes them; `name`, `path`, `duration`: whether such a thing can stand there;
    `before` are the kinds of the tokens of the item so far; `fits` is false when the text has a mistake already.
    `ends`: whether the text may end there.
    """

    keywords: tuple[str, ...]
    name: bool
    path: bool
    duration: bool
    before: tuple[str, ...]
    words: tuple[str, ...]
    fits: bool = True
    ends: bool = True


def continuation(text: str) -> Continuation:
    """What can follow the text, which ends before the word that is being written."""
    items = cut(tokenize(text))
    tokens = items[-1] if items else []
    state = parser().parse_interactive(start="item")
    before, words = tuple(token.type for token in tokens), tuple(str(token) for token in tokens)
    try:
        for token in tokens:
            state.feed_token(token)
        accepted = set(state.accepts())  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        return Continuation(_written(ITEM_STARTS), False, False, False, before, words, fits=False)
    ends = _ENDS in accepted
    if ends:
        accepted |= ITEM_STARTS
    return Continuation(
        keywords=_written(frozenset(accepted)),
        name="NAME" in accepted,
        path="PATH" in accepted,
        duration="DURATION" in accepted,
        before=before,
        words=words,
        ends=ends,
    )


def _written(accepted: frozenset[str]) -> tuple[str, ...]:
    """The keywords among these terminals; those that are names too only where no other name could stand."""
    known = keywords()
    words = {known.terminals[name] for name in accepted if name in known.terminals}
    return tuple(sorted(words - known.soft if "NAME" in accepted else words))
