"""Users' states and links that sleep in a store: loaded as they are asked for, saved when they changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from trigdsl.engine.program import Program
from trigdsl.engine.state import State
from trigdsl.store.codec import decode_state, encode_state
from trigdsl.store.protocol import StateRow, Transaction


class SleepingStates(MutableMapping[str, State]):
    """User → state, of a store's present transaction.  What was touched stays awake until `trim`."""

    def __init__(self, program: Program, layout: int) -> None:
        self._program = program
        self._layout = layout
        self._awake: dict[str, State] = {}
        self._stored: dict[str, bytes] = {}
        self._touched: dict[str, None] = {}
        self._gone: set[str] = set()
        self._absent: set[str] = set()
        self.transaction: Transaction | None = None

    def wake(self, users: Iterable[str]) -> None:
        """Load the states of many users at once."""
        missing = [user for user in dict.fromkeys(users) if user not in self._awake and user not in self._gone]
        found = self._asked.load(missing)
        for user, data in found.items():
            self._stored[user] = data
            self._awake[user] = decode_state(self._program, data)
        self._absent.update(user for user in missing if user not in found)

    def wrote(self, user: str, data: bytes) -> None:
        """A user's state stands in the store as these bytes, whoever wrote them."""
        self._stored[user] = data

    @property
    def _asked(self) -> Transaction:
        assert self.transaction is not None, "states are touched in a transaction only"
        return self.transaction

    def get(self, user: str, default: Any = None) -> Any:
        state = self._awake.get(user)
        if state is None:
            if user in self._absent:
                return default
            self.wake((user,))
            state = self._awake.get(user)
            if state is None:
                return default
        self._touched[user] = None
        return state

    def __getitem__(self, user: str) -> State:
        state: State | None = self.get(user)
        if state is None:
            raise KeyError(user)
        return state

    def __setitem__(self, user: str, state: State) -> None:
        self._awake[user] = state
        self._touched[user] = None
        self._gone.discard(user)

    def __delitem__(self, user: str) -> None:
        self[user]
        del self._awake[user], self._touched[user]
        self._stored.pop(user, None)
        self._gone.add(user)
        self._absent.add(user)

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("the users of a store are not gone through in one go")

    def __len__(self) -> int:
        return len(self._awake)

    def flush(self) -> None:
        """Save what changed."""
        if self._gone:
            self._asked.delete(sorted(self._gone))
            self._gone.clear()
        rows = list(self._changed())
        if rows:
            self._asked.save(rows)
            self._stored.update((user, data) for user, _, data in rows)
        self._touched.clear()
        self._absent.clear()

    def _changed(self) -> Iterator[StateRow]:
        for user in self._touched:
            state = self._awake[user]
            data = encode_state(self._program, self._layout, state)
            if data != self._stored.get(user) and (user in self._stored or not is_blank(state)):
                yield user, state.due, data

    def check(self, state: State) -> None:
        """Raise what keeping a state would raise."""
        encode_state(self._program, self._layout, state)

    def trim(self, most: int) -> None:
        """Let all but the latest so many states sleep again; none may have changed since `flush`."""
        for user in list(self._awake)[: max(len(self._awake) - most, 0)]:
            del self._awake[user]
            self._stored.pop(user, None)

    def drop(self, users: Iterable[str]) -> None:
        """Know nothing of these users any more, of whom nothing has changed since `flush`: others may change them."""
        for user in users:
            self._awake.pop(user, None)
            self._stored.pop(user, None)
            self._absent.discard(user)
            self._touched.pop(user, None)

    def forget(self) -> None:
        """Let go of everything that is not saved, and of what may not be as it is in the store."""
        for kept in (self._awake, self._stored, self._touched, self._gone, self._absent):
            kept.clear()


def is_blank(state: State) -> bool:
    """Whether nothing is kept for a user, so that nothing need be stored."""
    return state.seq == 0 and all(getattr(state, name) is None for name in _SLOTS)


_SLOTS = tuple(name for name in State.__slots__ if name not in ("user", "seq"))


class SleepingLinks(MutableMapping[str, str]):
    """Id → the id it was linked to, of a store's present transaction."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._new: dict[str, str] = {}
        self._any: bool | None = None
        self.transaction: Transaction | None = None

    @property
    def _asked(self) -> Transaction:
        assert self.transaction is not None, "links are looked up in a transaction only"
        return self.transaction

    def wake(self, users: Iterable[str]) -> None:
        """Look up many ids at once."""
        if self:
            missing = [user for user in dict.fromkeys(users) if user not in self._known]
            self._known.update(dict.fromkeys(missing))
            self._known.update(self._asked.links(missing))

    def get(self, user: str, default: Any = None) -> Any:
        if user not in self._known:
            self.wake((user,))
        found = self._known.get(user)
        return default if found is None else found

    def __bool__(self) -> bool:
        if self._any is None:
            self._any = self._asked.has_links()
        return self._any

    def __getitem__(self, user: str) -> str:
        found: str | None = self.get(user)
        if found is None:
            raise KeyError(user)
        return found

    def __setitem__(self, alias: str, user: str) -> None:
        self._known[alias] = self._new[alias] = user
        self._any = True

    def __delitem__(self, user: str) -> None:
        raise NotImplementedError("links only ever grow")

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("the links of a store are not gone through in one go")

    def __len__(self) -> int:
        return len(self._known)

    def flush(self) -> None:
        """Save the new links."""
        if self._new:
            self._asked.link(list(self._new.items()))
            self._new.clear()

    def trim(self, most: int) -> None:
        """Forget what was looked up when it is more than so many."""
        if len(self._known) > most:
            self._known.clear()

    def forget(self) -> None:
        self._known.clear()
        self._new.clear()
        self._any = None
