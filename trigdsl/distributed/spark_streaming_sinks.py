"""Batches of decisions → the outbox of a store, each decision once, whatever batch is done again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from trigdsl.store.bodies import decode_decision
from trigdsl.store.keeper import delivery_of, is_delivered
from trigdsl.store.opening import open_store
from trigdsl.store.protocol import RejectRow, Transaction

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_AT_ONCE = 1_000
_QUERY = "sql.streaming.queryId"


def to_outbox(url: str, *, log: bool = False) -> ToOutbox:
    """What `foreachBatch` calls to put decisions into the outbox of the store at an address, each once.

    The stream is to be of the form `stored`; with `rejects` its rejected records are kept in the store too.  A batch
    is one transaction, in which its number is noted under the query's: a batch that is done again, after a failure
    between this commit and Spark's, does nothing.  With `log` the store keeps all decisions.
    """
    return ToOutbox(url, log)


@define
class ToOutbox:
    """Puts batches into an outbox. It may travel to another process; it opens the store where it is called."""

    url: str
    log: bool
    _store: Any = field(default=None, init=False)

    def __getstate__(self) -> tuple[str, bool]:
        return self.url, self.log

    def __setstate__(self, state: tuple[str, bool]) -> None:
        self.url, self.log = state
        self._store = None

    def __call__(self, batch: DataFrame, number: int) -> None:
        """Put one batch of a query into the outbox, unless it is there. Raises ValueError for another form."""
        if "value" not in batch.columns or dict(batch.dtypes)["value"] != "binary":
            raise ValueError("an outbox wants decisions with all that they hold: `stream(…, form='stored')`")
        if self._store is None:
            self._store = open_store(self.url)
        name = f"spark query {batch.sparkSession.sparkContext.getLocalProperty(_QUERY)}"
        batch.persist()
        try:
            # All of it is run, in parallel, even if it is to be left out: states are saved as it runs.
            batch.count()
            with self._store.transaction() as t:
                done = t.meta(name)
                if done is None or int(done) < number:
                    self._put(t, iter(batch.toLocalIterator()))
                    t.set_meta(name, b"%d" % number)
        finally:
            batch.unpersist()

    def _put(self, t: Transaction, rows: Iterator[Any]) -> None:
        while some := list(islice(rows, _AT_ONCE)):
            t.reject(_rejects(some))
            bodies = [(bytes(row.value), row.expires) for row in some if row.value is not None]
            decided = [(decode_decision(body), body, expires) for body, expires in bodies]
            if self.log:
                t.log([(one.user, body) for one, body, _ in decided])
            going = [held for held in decided if is_delivered(held[0])]
            t.enqueue([evolve(delivery_of(one, body, None), expires=expires) for one, body, expires in going])


def _rejects(rows: Iterable[Any]) -> list[RejectRow]:
    return [
        RejectRow(user=row.user, reason=row.reason, record=row.record.encode("utf-8", "surrogatepass"))
        for row in rows
        if row.value is None
    ]
