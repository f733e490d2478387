"""Which ids are one user."""

from __future__ import annotations

import pytest

from trigdsl.engine.links import TakenAlias, link, user_of


def linked(*pairs: tuple[str, str]) -> dict[str, str]:
    links: dict[str, str] = {}
    for user, alias in pairs:
        link(links, user, alias)
    return links


def test_an_id_that_was_never_linked_is_its_own_user() -> None:
    assert user_of({}, "u") == "u"
    assert user_of(linked(("u", "a")), "v") == "v"


def test_several_ids_of_one_user() -> None:
    links = linked(("u", "a"), ("u", "b"))
    assert [user_of(links, one) for one in ("u", "a", "b")] == ["u", "u", "u"]


@pytest.mark.parametrize("pairs", [[("v", "u"), ("u", "a")], [("u", "a"), ("v", "u")]])
def test_a_chain_leads_to_its_last_user_in_whichever_order_it_was_made(pairs: list[tuple[str, str]]) -> None:
    links = linked(*pairs)
    assert [user_of(links, one) for one in ("v", "u", "a")] == ["v", "v", "v"]


def test_an_alias_as_user_stands_for_its_user() -> None:
    links = linked(("u", "a"), ("a", "b"))
    assert links == {"a": "u", "b": "u"}


def test_what_is_one_already_changes_nothing() -> None:
    links = linked(("u", "a"), ("u", "b"))
    for user, alias in (("u", "u"), ("a", "a"), ("u", "a"), ("a", "u"), ("a", "b")):
        assert link(links, user, alias) is False
    assert links == {"a": "u", "b": "u"}


def test_a_circle_leaves_out_the_link_that_closes_it() -> None:
    links = linked(("u", "v"), ("v", "w"), ("w", "u"))
    assert {user_of(links, one) for one in "uvw"} == {"u"}


def test_the_first_user_of_a_shared_id_keeps_it() -> None:
    links = linked(("u", "device"))
    with pytest.raises(TakenAlias, match="`device` is an id of `u` already"):
        link(links, "v", "device")
    assert user_of(links, "device") == "u"
    assert user_of(links, "v") == "v"


def test_users_of_a_shared_id_can_be_linked_themselves() -> None:
    links = linked(("u", "device"))
    assert link(links, "v", "u") is True
    assert link(links, "v", "device") is False
    assert user_of(links, "device") == "v"
