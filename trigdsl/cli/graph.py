"""`trig graph`: rules → a picture of what hangs together."""

from __future__ import annotations

import click

from trigdsl.cli.exits import FINE


@click.command(short_help="Draw what hangs together in rules.")
@click.argument("rules", required=False, metavar="RULES")
@click.option("-e", "expression", metavar="TEXT", help="Draw this text instead of a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("mermaid", "dot", "svg", "json")),
    default="mermaid",
    show_default=True,
    help="What to write; svg needs Graphviz.",
)
@click.option("--out", metavar="FILE", help="Write it to a file instead of standard output.")
def graph(rules: str | None, expression: str | None, form: str, out: str | None) -> int:
    """Draw which events, rules, lists, segments, attributes and channels of RULES hang together.

    Solid lines start something or do something, dotted ones are only asked about, or end something.

    \b
    Example:
      trig graph rules/
      trig graph rules/ --format svg --out rules.svg
    """
    if (rules is None) == (expression is None):
        raise click.UsageError("name one .trig file or folder, or give -e 'if …'")

    from trigdsl.cli.program import checked_or_exit
    from trigdsl.grapher import graph as found_in

    _, checked = checked_or_exit(rules, expression)
    found = found_in(checked)
    text = _json(found.to_dict()) if form == "json" else _drawn(found, form)
    if out is None:
        click.echo(text.rstrip("\n"))
    else:
        with open(out, "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
    return FINE


def _drawn(found: object, form: str) -> str:
    from trigdsl import grapher

    assert isinstance(found, grapher.Graph)
    if form == "svg":
        try:
            return grapher.svg(found)
        except grapher.GraphvizError as error:
            raise click.UsageError(str(error)) from error
    return grapher.dot(found) if form == "dot" else grapher.mermaid(found)


def _json(held: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(held), indent=2).decode()
