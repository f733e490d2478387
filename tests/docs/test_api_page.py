"""docs/api.md has every name of the Python interface with the signature that it has, and nothing else.

`python tests/docs/test_api_page.py` writes the page anew from the code; what is before its first section stays.
"""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
import pytest

import trigdsl

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
HEADING = re.compile(r"^## `([\w.]+)`$", re.MULTILINE)
ENTRY = re.compile(r"^- `([^`]+)`", re.MULTILINE)

MORE = (
    "trigdsl.delivery.outbox.Backlog",
    "trigdsl.delivery.outbox.Backoff",
    "trigdsl.delivery.outbox.Handover",
    "trigdsl.delivery.outbox.Outbox",
    "trigdsl.delivery.outbox.Undeliverable",
    "trigdsl.standing.Quota",
    "trigdsl.standing.Standing",
    "trigdsl.store.personal.Forgotten",
    "trigdsl.backfilling.Backfilled",
    "trigdsl.backfilling.Gap",
    "trigdsl.store.protocol.RejectRow",
    "trigdsl.store.shards.Lease",
    "trigdsl.store.opening.open_store",
    "trigdsl.store.errors.StoreError",
    "trigdsl.store.errors.StoreTooNew",
    "trigdsl.store.errors.StoreTaken",
    "trigdsl.store.errors.LeaseLost",
    "trigdsl.store.errors.StoreLost",
    "trigdsl.store.errors.StoreAway",
    "trigdsl.store.errors.StoreInDoubt",
)
"""What belongs to the interface and is not a name of `trigdsl` itself."""

INSIDE = {"Program", "Diagnostic", "TrigError", "Decisions"}
"""What a host takes and gives on; [From Python] tells the few parts that it looks at."""


def public() -> dict[str, Any]:
    found = {f"trigdsl.{name}": getattr(trigdsl, name) for name in trigdsl.__all__ if name != "__version__"}
    for name in MORE:
        module, _, last = name.rpartition(".")
        found[name] = getattr(import_module(module), last)
    return found


# ------------------------------------------------------------------------ what the code has
def annotated(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", repr(annotation))


def parameter(one: inspect.Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(one.kind, "")
    default = "" if one.default is one.empty else f" = {'...' if callable(one.default) else repr(one.default)}"
    return f"{stars}{one.name}: {annotated(one.annotation)}{default}"


def signature(name: str, call: Any) -> str:
    """As the source has it: `name(a: int, *, b: str = 'x') -> list[str]`."""
    found = inspect.signature(call)
    parts: list[str] = []
    for one in found.parameters.values():
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        parts.append(parameter(one))
    result = found.return_annotation
    wait = "await " if inspect.iscoroutinefunction(call) else ""
    return f"{wait}{name}({', '.join(parts)})" + ("" if result in (found.empty, "None") else f" -> {annotated(result)}")


def members(kind: type) -> list[str]:
    """The entries that a class must have: how it is made, its fields, properties and methods."""
    if attrs.has(kind):
        own = [f"{field.name}: {annotated(field.type)}" for field in attrs.fields(kind)]
        private: set[str] = {field.name for field in attrs.fields(kind)}
    elif issubclass(kind, Exception):
        return []
    else:
        own, private = [signature(kind.__name__, kind)], set()
    for name in dir(kind):
        if name.startswith("_") or name in private:
            continue
        member = inspect.getattr_static(kind, name)
        if isinstance(member, property):
            assert member.fget is not None
            own.append(f"{name}: {annotated(inspect.signature(member.fget).return_annotation)}")
        elif callable(getattr(kind, name)):
            own.append(signature(name, getattr(kind, name)))
    return own


def expected(name: str, thing: Any) -> list[str]:
    last = name.rpartition(".")[2]
    if last in INSIDE:
        return []
    return members(thing) if isinstance(thing, type) else [signature(last, thing)]


ATTRIBUTES = {
    "trigdsl.Engine": {
        "program: Program": "The rules.",
        "store: Store | None": "Where it lasts, None in memory.",
        "rejected: int": "How many records could not be used.",
        "duplicates: int": "How many records had come before.",
    },
    "trigdsl.AsyncEngine": {"engine: Engine": "The engine itself."},
    "trigdsl.SharedEngine": {
        "program: Program": "The rules.",
        "store: PostgresStore": "The store, for an `Outbox`.",
        "owner: str": "The name of this process in `leases`: machine, process and a number drawn.",
    },
    "trigdsl.AsyncSharedEngine": {"engine: SharedEngine": "The engine itself."},
}
"""What instances have beyond their class."""


def entries(name: str, thing: Any) -> dict[str, str]:
    """What must be told of a name, and what its docstrings say of it."""
    found = {}
    for entry in expected(name, thing):
        last = re.match(r"(?:await )?(\w+)", entry)
        assert last is not None
        member = inspect.getattr_static(thing, last[1], None) if isinstance(thing, type) else None
        found[entry] = said(member) if callable(member) or isinstance(member, property) else ""
    return found | ATTRIBUTES.get(name, {})


def said(thing: Any) -> str:
    """The first paragraph of a docstring, and what it tells of errors."""
    text = " ".join(inspect.cleandoc(thing.__doc__ or "").replace("\n\n", "\n¶ ").split())
    first, *more = text.split("¶ ")
    raises = [one for one in re.findall(r"(?:Raises|Comes back)[^.]*?\.(?=\s|$)", " ".join(more)) if one not in first]
    return " ".join([first.strip(), *raises]).replace("``", "`")


# ------------------------------------------------------------------------ what the page has
def sections() -> dict[str, list[str]]:
    parts = HEADING.split(PAGE.read_text("utf-8"))
    return {name: ENTRY.findall(text) for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def page() -> str:
    """The page as the code has it."""
    out = [HEADING.split(PAGE.read_text("utf-8"))[0].rstrip()]
    for name, thing in public().items():
        lines = [f"- `{entry}`{f': {text}' if text else ''}" for entry, text in entries(name, thing).items()]
        out += [f"## `{name}`", said(thing), *(["\n".join(lines)] if lines else [])]
    return "\n\n".join(out) + "\n"


def test_every_name_has_its_section() -> None:
    assert sorted(sections()) == sorted(public())


@pytest.mark.parametrize("name", sorted(public()))
def test_a_section_has_what_the_code_has(name: str) -> None:
    assert sections()[name] == list(entries(name, public()[name]))


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_attributes_of_instances_are_all_told(name: str) -> None:
    """Those that the classes set on themselves and that begin with no underscore."""
    kind = public()[name]
    names = {
        one
        for base in kind.__mro__[:-1]
        for one in re.findall(r"self\.([a-z]\w*)(?:: [^=\n]+)? = ", inspect.getsource(base))
    }
    assert names == {one.partition(":")[0] for one in ATTRIBUTES[name]}


@pytest.mark.parametrize("name", sorted(public()))
def test_everything_public_has_a_docstring(name: str) -> None:
    thing = public()[name]
    assert thing.__doc__
    if isinstance(thing, type) and name.rpartition(".")[2] not in INSIDE and not issubclass(thing, Exception):
        bare = [
            one
            for one in dir(thing)
            if not one.startswith("_")
            and (callable(getattr(thing, one)) or isinstance(inspect.getattr_static(thing, one), property))
            and not inspect.getattr_static(thing, one).__doc__
        ]
        assert bare == []


def test_types_are_shipped() -> None:
    assert (files("trigdsl") / "py.typed").is_file()


# ------------------------------------------------------------------------ the contract
def test_a_decision_is_frozen_and_tells_its_form() -> None:
    assert attrs.has(trigdsl.Decision)
    program = trigdsl.parse('rule hi: if signup then send push "Hi"')
    record = {"user": "u1", "time": "2026-11-20T10:00:00Z", "event": "signup"}
    [decision] = trigdsl.Engine(program).feed(record)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        decision.status = "x"  # type: ignore[misc]
    assert list(trigdsl.replay(program, [record], until=None, drain=False)) == [decision]
    always = {"user", "rule", "step", "action", "status", "time", "triggered", "due", "key"}
    assert always <= set(decision.to_dict())


def test_the_parameters_that_were_promised() -> None:
    """By name and default, as hosts rely on them."""
    promised = {
        "trigdsl.Engine": {"program": ..., "store": None, "lateness": None, "on_reject": None},
        "trigdsl.replay": {"program": ..., "records": ..., "until": None, "drain": False},
        "trigdsl.parse": {"text": ...},
        "trigdsl.load": {"path": ...},
    }
    for name, wanted in promised.items():
        parameters = inspect.signature(public()[name]).parameters
        found = {one: parameters[one].default for one in wanted}
        assert found == {one: inspect.Parameter.empty if given is ... else given for one, given in wanted.items()}
    for name, given in (("feed", ["record"]), ("advance", ["time"]), ("feed_many", ["records", "position"])):
        assert list(inspect.signature(getattr(trigdsl.Engine, name)).parameters) == ["self", *given]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"{PAGE} written", file=sys.stderr)
