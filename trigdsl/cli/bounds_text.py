"""What a program keeps for a user → the lines of `trig check --bounds`."""

from __future__ import annotations

from trigdsl.cli.tables import Block, Table
from trigdsl.engine.bounds import Bounds, Kept


def bounds_blocks(found: Bounds) -> list[Block]:
    """A block for each rule that keeps something, and one for what the program keeps for all of them."""
    names = {kept.number: kept.label for kept in found.program if kept.what == "history"}
    blocks = []
    for rule in found.rules:
        lines = tuple(f"asks: {names[number]}" for number in rule.slots)
        if rule.kept:
            blocks.append(Block(f"Rule {rule.rule}", _table(rule.kept), lines))
        else:
            blocks.append(Block(f"Rule {rule.rule}", None, ("keeps nothing of its own", *lines)))
    blocks.append(Block("For all rules", _table(found.program)))
    blocks.append(
        Block(
            "",
            None,
            (f"At most {found.most_runs:,} unfinished run{'' if found.most_runs == 1 else 's'} for one user.",),
        )
    )
    return blocks


def _table(kept: tuple[Kept, ...]) -> Table:
    rows = tuple((f"{one.what}", _of(one), one.holds, one.duration) for one in kept)
    return Table(("", "at most", "each holds", "kept"), rows)


def _of(one: Kept) -> str:
    return f"one for each {one.label}" if one.most is None else f"{one.most:,}: {one.label}"
