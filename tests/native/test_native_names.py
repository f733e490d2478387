"""Texts and their numbers."""

from __future__ import annotations

import random
from array import array

import pytest

from trigdsl.native.names import Names


def test_each_text_has_the_number_of_its_first_meeting() -> None:
    names, rng, known = Names(), random.Random(1), {}
    for _ in range(50_000):
        text = "".join(rng.choice("abü\0😀") for _ in range(rng.randrange(12)))
        assert names.find(text) == known.get(text, -1)
        assert names.number(text) == known.setdefault(text, len(known))
    assert len(names) == len(known) > 20_000
    assert [names[number] for number in range(len(names))] == list(known)
    with pytest.raises(IndexError):
        names[len(names)]


def test_names_know_those_that_others_packed() -> None:
    names, other = Names(), Names()
    for text in ("x", "", "ü", "y"):
        names.number(text)
    other.number("y")
    offsets, data = names.packed()
    assert list(other.numbers(array("i", offsets), data)) == [1, 2, 3, 0]
    assert list(Names().numbers(array("i", [0]), b"")) == []
    assert Names().packed() == (bytes(4), b"")


def test_the_order_of_names_is_that_of_their_characters() -> None:
    texts = ["b", "a", "", "ab", "\uffff", "\U00010000", "Ä", "z", "aa"]
    names = Names()
    for text in texts:
        names.number(text)
    wanted = bytes(text != "z" for text in texts)
    ordered, ranks = names.ordered(wanted)
    told = sorted(text for text in texts if text != "z")
    assert [ordered[number] for number in range(len(ordered))] == told
    assert list(ranks) == [told.index(text) if text != "z" else -1 for text in texts]
