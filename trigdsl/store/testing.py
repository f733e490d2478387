"""The tests that every store must pass, for whoever writes one.

Derive a class whose name begins with `Test` from `StoreTests` in a test file, with a fixture `make` that gives a
function which opens the same store again, each time anew:

```python
class TestMyStore(StoreTests):
    @pytest.fixture
    def make(self, tmp_path):
        return lambda: MyStore(tmp_path / "state")

    @pytest.fixture
    def make_newer(self):
        def make_newer(store): ...  # let it look as if a later version of the store had written it

        return make_newer
```

docs/stores.md shows a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeAlias

from trigdsl.store.errors import StoreTaken, StoreTooNew
from trigdsl.store.protocol import (
    DEAD,
    LEASED,
    READY,
    Delivery,
    Erased,
    HeldRow,
    NewDelivery,
    RejectRow,
    Store,
    Transaction,
)

Make: TypeAlias = Callable[[], Store]
FAR = 2**60


@contextmanager
def _opened(make: Make) -> Iterator[Store]:
    store = make()
    store.open()
    try:
        yield store
    finally:
        store.close()


def _put(t: Transaction, *users: str, channel: str = "push") -> None:
    """Put deliveries into the outbox: their keys are the users, and the number of each."""
    have = len(t.deliveries(None, None, 0, 1000))
    t.enqueue(
        NewDelivery(user=user, key=f"{user}{have + n}", channel=channel, time=5, expires=None, body=b"x")
        for n, user in enumerate(users)
    )


def _keys(rows: list[Delivery]) -> list[str]:
    return [row.key for row in rows]


class _FailureError(Exception):
    pass


class StoreTests:
    """Each test gets `make`, which opens the same store anew.

    `make_newer` takes a store that is open, and lets what it keeps look as if a later version had written it.
    """

    # ------------------------------------------------------------------ transactions
    def test_what_is_written_is_read_in_the_transaction_and_after_the_store_was_closed(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            assert t.meta("a") is None
            t.set_meta("a", b"1")
            t.set_meta("a", b"\x00\xff")
            assert t.meta("a") == b"\x00\xff"
        with _opened(make) as store, store.transaction() as t:
            assert t.meta("a") == b"\x00\xff"

    def test_a_transaction_that_raises_has_not_been(self, make: Make) -> None:
        with _opened(make) as store:
            try:
                with store.transaction() as t:
                    t.set_meta("a", b"1")
                    t.save([("u", 1, b"x")])
                    _put(t, "u")
                    raise _FailureError
            except _FailureError:
                pass
            with store.transaction() as t:
                assert t.meta("a") is None
                assert t.load(["u"]) == {}
                assert t.deliveries(None, None, 0, 10) == []

    def test_who_opened_last_writes(self, make: Make) -> None:
        with _opened(make) as store:
            first, second = store.open(), store.open()
            assert second > first
            with store.transaction(second) as t:
                t.set_meta("a", b"1")
            try:
                with store.transaction(first) as t:
                    t.set_meta("a", b"2")
                raise AssertionError("the first one could write")
            except StoreTaken:
                pass
            with store.transaction() as t:
                assert t.meta("a") == b"1"

    def test_threads_take_turns(self, make: Make) -> None:
        def add() -> None:
            for _ in range(20):
                with store.transaction() as t:
                    t.set_meta("n", b"%d" % (int(t.meta("n") or b"0") + 1))

        with _opened(make) as store:
            threads = [Thread(target=add) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with store.transaction() as t:
                assert t.meta("n") == b"80"

    def test_a_store_of_a_newer_form_is_refused(self, make: Make, make_newer: Callable[[Store], None]) -> None:
        with _opened(make) as store:
            with store.transaction() as t:
                t.set_meta("a", b"1")
            make_newer(store)
        refused = None
        try:
            with _opened(make):
                pass
        except StoreTooNew as error:
            refused = error
        assert refused is not None, "a newer form was not refused"
        assert refused.found > refused.known
        assert "upgrade trigdsl" in str(refused)

    # ------------------------------------------------------------------ states
    def test_layouts_have_numbers_that_stay(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            one, two = t.add_layout(b"one"), t.add_layout(b"two")
            assert one != two
        with _opened(make) as store, store.transaction() as t:
            assert t.add_layout(b"one") == one
            assert t.layouts() == {one: b"one", two: b"two"}

    def test_states_are_saved_loaded_and_deleted(self, make: Make) -> None:
        names = [f"u{number}" for number in range(1200)]
        with _opened(make) as store:
            with store.transaction() as t:
                t.save([(name, None, name.encode()) for name in names])
                t.save([("u7", 5, b"new")])
            with store.transaction() as t:
                found = t.load([*names, "none"])
                assert len(found) == 1200
                assert (found["u7"], found["u8"]) == (b"new", b"u8")
                t.delete(["u7", "none"])
                assert t.load(["u7", "u8"]) == {"u8": b"u8"}
                assert t.load([]) == {}

    def test_all_users_are_gone_through(self, make: Make) -> None:
        names = {"", "a", "B", "é", "日本", "z\x00z"} - {""}
        with _opened(make) as store, store.transaction() as t:
            t.save([(name, None, b"x") for name in names])
            seen: list[str] = []
            while some := t.users(seen[-1] if seen else "", 2):
                seen += [user for user, _ in some]
            assert sorted(seen) == sorted(names)

    def test_timers_are_found_by_moment_then_user(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            assert t.next_due() is None
            t.save([("b", 20, b""), ("a", 20, b""), ("c", 10, b""), ("d", None, b""), ("e", -(2**55), b"")])
            assert t.due(None, 20, None) == [(-(2**55), "e"), (10, "c"), (20, "a"), (20, "b")]
            assert t.due(None, 19, None) == [(-(2**55), "e"), (10, "c")]
            assert t.due(10, 20, 1) == [(20, "a")]
            assert t.next_due() == -(2**55)
            t.save([("e", None, b""), ("c", FAR, b"")])
            assert t.next_due() == 20
            t.delete(["a", "b", "c"])
            assert t.next_due() is None

    def test_links(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            assert not t.has_links()
            t.link([("device", "ann"), ("x", "bob")])
            t.link([("tablet", "ann")])
            assert t.has_links()
            assert t.links(["tablet", "x", "ann"]) == {"tablet": "ann", "x": "bob"}
            assert t.all_links("", 1) == [("device", "ann")]
            assert t.all_links("device", 9) == [("tablet", "ann"), ("x", "bob")]
            assert t.aliases("ann") == ["device", "tablet"]

    # ------------------------------------------------------------------ records and decisions
    def test_records_are_held_and_released(self, make: Make) -> None:
        rows = [HeldRow(number=n, time=-n, user="u", body=b"%d" % n) for n in (1, 2, 3)]
        with _opened(make) as store, store.transaction() as t:
            t.hold(rows)
        with _opened(make) as store, store.transaction() as t:
            assert t.held() == rows[::-1]
            t.release([2])
            assert [row.number for row in t.held()] == [3, 1]

    def test_rejects_are_kept_in_order(self, make: Make) -> None:
        rows = [RejectRow(user=user, reason="why", record=b"\xff") for user in ("a", None, "b")]
        with _opened(make) as store, store.transaction() as t:
            t.reject(rows)
            found = t.rejects(0, 10)
            assert [row for _, row in found] == rows
            assert t.rejects(found[0][0], 1) == found[1:2]
            t.clear_rejects(found[1][0])
            assert t.rejects(0, 10) == found[2:]

    def test_decisions_are_kept_in_order(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            t.log([("a", b"1"), ("b", b"2"), ("a", b"3")])
            assert [body for _, body in t.logged(None, 0, 10)] == [b"1", b"2", b"3"]
            found = t.logged("a", 0, 10)
            assert [body for _, body in found] == [b"1", b"3"]
            assert t.logged("a", found[0][0], 10) == found[1:]

    # ------------------------------------------------------------------ outbox
    def test_a_key_is_put_into_the_outbox_once(self, make: Make) -> None:
        new = NewDelivery(user="u", key="k", channel="push", time=5, expires=9, body=b"1")
        with _opened(make) as store, store.transaction() as t:
            t.enqueue([new])
            t.enqueue([new])
            (row,) = t.deliveries("u", READY, 0, 10)
            assert (row.user, row.key, row.channel, row.time, row.expires, row.body) == ("u", "k", "push", 5, 9, b"1")
            assert (row.attempts, row.reason) == (0, None)

    def test_one_delivery_of_each_user_is_claimed_the_earliest(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", "a", "b", "c")
            assert _keys(t.claim(10, 20, (), 2)) == ["a0", "b2"]
            assert _keys(t.claim(10, 20, (), 9)) == ["c3"]
            assert t.claim(10, 20, (), 9) == []
            assert [row.status for row in t.deliveries(None, None, 0, 9)] == [LEASED, READY, LEASED, LEASED]

    def test_what_has_arrived_makes_way_for_the_next(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", "a")
            (row,) = t.claim(10, 20, (), 9)
            assert t.settle(row.number, row.attempts)
            assert not t.settle(row.number, row.attempts)
            assert _keys(t.claim(10, 20, (), 9)) == ["a1"]

    def test_a_lease_that_is_over_is_claimed_again_and_the_first_claim_is_void(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a")
            (first,) = t.claim(10, 20, (), 9)
            assert t.claim(19, 29, (), 9) == []
            (again,) = t.claim(20, 30, (), 9)
            assert (first.attempts, again.attempts, again.key) == (1, 2, first.key)
            assert not t.settle(first.number, first.attempts)
            assert not t.put_back(first.number, first.attempts, 0, "late", counts=True, dead=True)
            assert t.settle(again.number, again.attempts)

    def test_what_is_put_back_waits_and_holds_up_the_user(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", "a")
            (row,) = t.claim(10, 20, (), 9)
            assert t.put_back(row.number, row.attempts, 50, "no answer", counts=True, dead=False)
            assert t.claim(49, 60, (), 9) == []
            (row,) = t.claim(50, 60, (), 9)
            assert (row.key, row.attempts, row.reason) == ("a0", 2, "no answer")
            assert t.put_back(row.number, row.attempts, 70, "full", counts=False, dead=False)
            (row,) = t.claim(70, 80, (), 9)
            assert row.attempts == 2

    def test_what_is_given_up_holds_up_nobody_and_can_be_revived(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", "a")
            (row,) = t.claim(10, 20, (), 9)
            t.put_back(row.number, row.attempts, 99, "gone", counts=True, dead=True)
            assert [(one.key, one.reason) for one in t.deliveries(None, DEAD, 0, 9)] == [("a0", "gone")]
            assert _keys(t.claim(10, 20, (), 9)) == ["a1"]
            assert t.revive(row.number)
            assert not t.revive(row.number)
            (row,) = t.claim(10, 20, (), 9)
            assert (row.key, row.attempts) == ("a0", 1)

    def test_paused_channels_are_left_out_and_hold_up_nobody(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", channel="sms")
            _put(t, "a")
            assert _keys(t.claim(10, 20, ("sms", "email"), 9)) == ["a1"]
            assert _keys(t.claim(10, 20, (), 9)) == ["a0"]

    def test_counts(self, make: Make) -> None:
        with _opened(make) as store, store.transaction() as t:
            _put(t, "a", "b")
            _put(t, "c", channel="sms")
            t.claim(10, 20, ("sms",), 1)
            assert t.counts() == {("push", READY): 1, ("push", LEASED): 1, ("sms", READY): 1}

    # ------------------------------------------------------------------ erasing
    def test_rejects_that_name_a_user_are_erased_with_them(self, make: Make) -> None:
        bodies = [
            (None, b'{"userId":"ann \xc3\xa9"}', True),
            ("bob", b'{"user":"bob","alias":"ann \xc3\xa9"}', True),
            (None, "<object 'ann é'>".encode(), True),
            (None, b'{"userId":"joann \xc3\xa9"}', False),
            ("bob", b"\xff", False),
        ]
        with _opened(make) as store, store.transaction() as t:
            t.reject([RejectRow(user=user, reason="why", record=body) for user, body, _ in bodies])
            assert t.erase(["ann é"]).rejects == 3
            assert [row.record for _, row in t.rejects(0, 9)] == [body for *_, body, goes in bodies if not goes]

    def test_a_user_is_erased_everywhere_and_others_are_not(self, make: Make) -> None:
        with _opened(make) as store:
            with store.transaction() as t:
                for user in ("ann", "device", "bob"):
                    t.save([(user, 5, b"x")])
                    t.hold([HeldRow(number=len(t.held()), time=1, user=user, body=b"x")])
                    t.reject([RejectRow(user=user, reason="why", record=b"x")])
                    t.log([(user, b"x")])
                    _put(t, user, user, user)
                # One is given up, one is being handed over, one waits.
                for row in t.claim(10, 20, (), 9):
                    t.put_back(row.number, row.attempts, 10, f"{row.user} is unknown", counts=True, dead=True)
                t.claim(10, 20, (), 9)
                t.link([("device", "ann"), ("x", "bob")])
                found = t.erase(["ann", "device"])
                assert found == Erased(states=2, links=1, held=2, deliveries=6, decisions=2, rejects=2)
            with store.transaction() as t:
                assert t.load(["ann", "device", "bob"]) == {"bob": b"x"}
                assert t.links(["device", "x"]) == {"x": "bob"}
                assert [row.user for row in t.held()] == ["bob"]
                assert [row.user for _, row in t.rejects(0, 9)] == ["bob"]
                assert len(t.logged(None, 0, 9)) == 1
                assert [row.user for row in t.deliveries(None, None, 0, 9)] == ["bob"] * 3
            store.vacuum()
