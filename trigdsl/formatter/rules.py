"""The pieces of a rule → a document: one line for a short one, else a line for each part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attrs import frozen

from trigdsl.formatter.documents import HARD, Break, Choice, Document, Group, Nest, Space, row, sequence
from trigdsl.formatter.lines import WIDTH
from trigdsl.formatter.phrases import outside, phrase, split_at
from trigdsl.formatter.pieces import Piece
from trigdsl.syntax.grammar import terminals
from trigdsl.syntax.nodes import Rule, Send, Step

MOST_IN_ONE_LINE = 2
"""Modifiers and clauses of a rule in one line."""

NAMED_WIDTH = 105
"""The cells of a line with a whole rule that has a name; one without is a sentence and takes the whole width."""

_MODIFIERS = terminals("UNLESS BETWEEN ON NOT_ON EXPIRES PRIORITY URGENT")


@frozen
class _Step:
    """The document of `then … ACTION [urgent]`, those of its modifiers, and whether it has variants."""

    action: Document
    modifiers: list[Document]
    has_variants: bool


def rule(node: Rule, pieces: Sequence[Piece]) -> Document:
    """A rule of one step that fits into a line and has few parts is one line."""
    start = next(place for place, piece in enumerate(pieces) if piece.type == "IF")
    header = phrase(pieces[:start]) if start else None
    steps_at = {step.span.start: step for step in node.steps}
    places = {*steps_at, *(clause.span.start for clause in node.clauses)}
    first, *sections = split_at(pieces[start:], places)
    steps = [_step(steps_at[part[0].offset], part) for part in sections if part[0].offset in steps_at]
    clauses = [phrase(part) for part in _joined([part for part in sections if part[0].offset not in steps_at])]
    head = phrase(first)
    line = _one_line(header, head, steps, clauses)
    return line if line is not None else _several_lines(header, head, steps, clauses)


def _joined(clauses: Sequence[list[Piece]]) -> list[list[Piece]]:
    """`once for each` and `from … until …` are one phrase."""
    joined: list[list[Piece]] = []
    for clause in clauses:
        before = joined[-1] if joined else []
        once = clause[0].type == "FOR_EACH" and [piece.type for piece in before] == ["ONCE"]
        if once or (clause[0].type == "UNTIL" and before and before[0].type == "FROM"):
            before += clause
        else:
            joined.append(list(clause))
    return joined


def _one_line(
    header: Document | None, head: Document, steps: Sequence[_Step], clauses: Sequence[Document]
) -> Document | None:
    """The rule in one line, None when it cannot be or is better read in several."""
    if len(steps) > 1 or steps[0].has_variants or len(steps[0].modifiers) + len(clauses) > MOST_IN_ONE_LINE:
        return None
    parts = [head, steps[0].action, *steps[0].modifiers, *clauses]
    body = sequence(*_between(parts, Space()))
    line = body if header is None else row("rule", header, body)
    width = WIDTH if header is None else NAMED_WIDTH
    return None if line.extent.broken or line.extent.width > width else Group(line)


def _several_lines(
    header: Document | None, head: Document, steps: Sequence[_Step], clauses: Sequence[Document]
) -> Document:
    if len(steps) == 1:
        parts = [steps[0].action, *steps[0].modifiers]
    else:
        parts = [_with_modifiers(step) for step in steps]
    below = [Nest(sequence(HARD, part)) for part in [*parts, *clauses]]
    return sequence(head, *below) if header is None else sequence(header, Nest(sequence(HARD, head)), *below)


def _with_modifiers(step: _Step) -> Document:
    """One of several steps: its modifiers behind it or, when it is too long, below it and further in."""
    modifiers = [Nest(sequence(HARD if step.has_variants else Break(), part)) for part in step.modifiers]
    return Group(sequence(step.action, *modifiers)) if modifiers else step.action


def _step(node: Step, pieces: Sequence[Piece]) -> _Step:
    modifiers_at = outside(pieces, _MODIFIERS, node.actions[-1].span.end)
    action, *modifiers = split_at(pieces, modifiers_at)
    last = node.actions[-1]
    has_variants = isinstance(last, Send) and bool(last.variants)
    if modifiers and modifiers[0][0].type == "URGENT" and not has_variants:
        action += modifiers.pop(0)
    return _Step(_actions(node, action), [phrase(part) for part in modifiers], has_variants)


def _actions(node: Step, pieces: Sequence[Piece]) -> Document:
    head, *actions = split_at(pieces, {action.span.start for action in node.actions})
    rows: list[list[Piece]] = []
    if isinstance(node.actions[-1], Send) and node.actions[-1].variants:
        actions[-1], *rows = _variant_rows(node.actions[-1], actions[-1])
    first: Break | Space = Space() if node.guard is None else HARD if rows else Break()
    begun = _begun(head)
    parts = [phrase(part) for part in actions]
    if not rows:
        return Group(_laid(begun, parts, first, Break()))
    below = sequence(*(each for part in rows for each in (HARD, _variant(part))))
    line = _laid(begun, parts, Space(), Space())
    # Variants stand one step further in than the line with their `send`.
    near, far = sequence(line, Nest(below)), sequence(_laid(begun, parts, first, HARD), Nest(Nest(below)))
    return near if isinstance(first, Space) and len(parts) == 1 else Choice(line, near, far)


def _laid(head: Document, actions: Sequence[Document], first: Document, between: Document) -> Document:
    """The head of a step and its actions, with this before the first action and this between two."""
    begun = sequence(first, actions[0])
    others = [Nest(sequence(between, action)) for action in actions[1:]]
    return sequence(head, begun if isinstance(first, Space) else Nest(begun), *others)


def _begun(head: Sequence[Piece]) -> Document:
    """`then … if COND`"""
    guard = next((place for place, piece in enumerate(head) if piece.type == "IF"), None)
    if guard is None:
        return phrase(head)
    return sequence(phrase(head[: guard + 1]), Space(), phrase(head[guard + 1 :]))


def _variant_rows(node: Send, pieces: Sequence[Piece]) -> list[list[Piece]]:
    """`send CHANNEL`, each variant, and `with …`."""
    places = {variant.span.start for variant in node.variants}
    return split_at(pieces, {*places, *outside(pieces, {"WITH"}, node.variants[-1].span.end)})


def _variant(pieces: Sequence[Piece]) -> Document:
    """A variant as a row of a table, its content below it where it would be too long; or the `with` behind them."""
    colon = next(iter(outside(pieces, {"COLON"})), None)
    if colon is None:
        return phrase(pieces)
    place = next(place for place, piece in enumerate(pieces) if piece.offset == colon)
    label, content = phrase(pieces[: place + 1]), phrase(pieces[place + 1 :])
    line = row("variant", label, content)
    if "\n" in pieces[-1].text:
        return line
    return Choice(line, line, sequence(label, Nest(sequence(HARD, content))))


def _between(parts: Sequence[Document], separator: Document) -> list[Document]:
    return [parts[0], *(each for _, part in pairwise(parts) for each in (separator, part))]
