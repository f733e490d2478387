"""Shows what hangs together in a program: `graph` finds it, `drawing` writes it as mermaid, DOT or SVG."""

from trigdsl.grapher.drawing import GraphvizError, dot, mermaid, svg
from trigdsl.grapher.graph import Edge, Graph, Vertex, graph

__all__ = ["Edge", "Graph", "GraphvizError", "Vertex", "dot", "graph", "mermaid", "svg"]
