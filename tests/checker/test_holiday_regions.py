"""Regions of holiday calendars, with and without the optional package that knows them."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from trigdsl.checker.check import check
from trigdsl.diagnostics.diagnostic import Diagnostic
from trigdsl.source import Source
from trigdsl.syntax.parser import parse_file


class Known(ModuleType):
    """Stands in for the package: it knows two regions."""

    def list_supported_countries(self) -> dict[str, list[str]]:
        return {"KR": [], "US": ["CA"]}


def findings(region: str) -> tuple[Diagnostic, ...]:
    source = Source("a.trig", f'calendar free = holidays "{region}"')
    return check([(parse_file(source).file, source)])[1]


@pytest.mark.parametrize("region", ["KR", "US", "US-CA"])
def test_known_regions(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", Known("holidays"))
    assert findings(region) == ()


@pytest.mark.parametrize("region", ["US-CB", "zz"])
def test_unknown_regions(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", Known("holidays"))
    (found,) = findings(region)
    assert (found.code, found.span.text) == ("unknown-region", f'"{region}"')
    assert found.message == f"there are no holidays of a region `{region}`"


def test_a_similar_region_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", Known("holidays"))
    assert findings("US-CB")[0].help == 'did you mean `"US-CA"`?'


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    (found,) = findings("KR")
    assert (found.code, found.span.text) == ("missing-extra", '"KR"')
    assert found.help == "install it: `pip install 'trigdsl[holidays]'`"
