"""A directed graph → its cycles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter


def find_cycles(graph: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """Cycles of a graph given as node → successors: none when there is none, and no two that share a node.

    Each starts at its node that comes first in `graph` and follows the edges.
    """
    remaining = {node: [other for other in others if other in graph] for node, others in graph.items()}
    order = {node: place for place, node in enumerate(graph)}
    cycles: list[tuple[str, ...]] = []
    while True:
        try:
            TopologicalSorter(remaining).prepare()
        except CycleError as error:
            # A sorter's graph maps to predecessors, so its cycle runs against the edges of ours.
            found: list[str] = error.args[1][:0:-1]
            start = found.index(min(found, key=order.__getitem__))
            cycles.append((*found[start:], *found[:start]))
            remaining = {
                node: [other for other in others if other not in found]
                for node, others in remaining.items()
                if node not in found
            }
        else:
            return sorted(cycles, key=lambda cycle: order[cycle[0]])
