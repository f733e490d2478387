"""JSON Lines → inputs.

The compiled scanner (see `scanned_lines`) takes plain events.  Without it, and between what it takes, lines are decoded
a block at a time into a struct of the native form, which costs about a third of what a dict and its checks cost.  A
record that is unusual in any way (another form, a number as user, a time that is none, ...) takes the long way alone;
a block that cannot be decoded takes it line by line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from attrs import define, field

from trigdsl.model.inputs import Input
from trigdsl.model.values import EPOCH, FIRST_INSTANT, LAST_INSTANT, Micros, instant, micros
from trigdsl.records.chunks import MOST_BYTES
from trigdsl.records.errors import BadRecord, Damaged
from trigdsl.records.forms import members
from trigdsl.records.native import RESERVED, timed_input
from trigdsl.records.passing import Passing
from trigdsl.records.plain import DEEPEST, is_utf8
from trigdsl.records.rejects import Reports
from trigdsl.records.scanned_lines import ScannedLines, scanned_lines
from trigdsl.records.wording import kind_of

if TYPE_CHECKING:
    from trigdsl.records.coded import Coder


class _Native(msgspec.Struct, gc=False):
    """A line in the native form, as far as types tell."""

    user: str | int | float | None = None
    time: datetime | int | float | None = None
    event: str | None = None
    properties: dict[str, Any] | None = None
    set: dict[str, Any] | None = None
    add: list[str] | None = None
    remove: list[str] | None = None
    id: str | int | float | None = None
    alias: str | int | float | None = None


class _NativeText(_Native, gc=False):
    """The same with times as text: those with more than six digits, which a datetime would round, not cut."""

    time: str | int | float | None = None  # type: ignore[assignment]


class _PlainEvent(msgspec.Struct, gc=False):
    """A line that holds an event and nothing beside: the types see to it."""

    user: Annotated[str, msgspec.Meta(min_length=1)]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    event: Annotated[str, msgspec.Meta(min_length=1)]
    properties: dict[str, Any] = {}
    set: None = None
    add: None = None
    remove: None = None
    id: None = None
    alias: None = None


_PLAIN = msgspec.json.Decoder(_PlainEvent)
_user_of, _time_of, _event_of = attrgetter("user"), attrgetter("time"), attrgetter("event")
_NATIVE = msgspec.json.Decoder(_Native)
_NATIVE_TEXT: msgspec.json.Decoder[_Native] = msgspec.json.Decoder(_NativeText)
_SEVEN_DIGITS = re.compile(rb"\.\d{7}")
_FINE_TIME = re.compile(rb":\d\d\.\d{7}")
_ANY = msgspec.json.Decoder()
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_UNUSUAL_EVENTS = RESERVED | {""}
_LONGEST_WAIT = 64
_SHORT = 16
_MOST_BREAKS = 8
"""So often may the scanner get on for fewer lines than these, before the rest of a block is read otherwise."""
_FIRST = instant(FIRST_INSTANT)

# A line must be this long to nest too deep or to hold an integer that is no double (309 digits).
_LONG = 2 * DEEPEST
_TO_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TOO_MANY_DIGITS = b"0" * 309
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
_MALFORMED = re.compile(r"JSON is malformed: (.*) \(byte ([0-9]+)\)")


@define
class JsonLines:
    """Reads blocks of lines; `reports` gets what cannot be used, `columns` is `--map`."""

    reports: Reports
    columns: Mapping[str, str] | None = None
    passing: Passing = field(factory=Passing)
    _tries: int = field(default=0, init=False)
    _wait: int = field(default=1, init=False)

    def batches(self, blocks: Iterable[bytes]) -> Iterator[Iterable[Input]]:
        """The inputs of all lines in their order, those of a block at a time."""
        number = 1
        scanned = None if self.columns else scanned_lines(self.passing)
        coder = None if self.columns else self.passing.coder
        try:
            for block in blocks:
                if coder is not None and (count := self._zones_set(block, coder, scanned)):
                    number += count
                    continue
                yield self._slowly(block, number) if scanned is None else self._scanning(scanned, block, number)
                number += block.count(b"\n") + (not block.endswith(b"\n"))
        except Damaged as damaged:
            self.reports.reject(number, str(damaged), damaged.tail)
        if scanned is not None:
            scanned.finish()

    def _scanning(self, scanned: ScannedLines, block: bytes, number: int) -> Iterator[Input]:
        """The inputs of a block: the scanner takes what it can, and what is between is read otherwise."""
        start = breaks = 0
        if not is_utf8(block):
            breaks = _MOST_BREAKS
        while start < len(block):
            stop = start
            if breaks < _MOST_BREAKS:
                stop, count = scanned.take(block, start)
                yield from scanned.wanted()
                scanned.hand_on()
                number += count
                if stop == len(block):
                    return
                breaks += count < _SHORT
            end, count = (len(block), 0) if breaks >= _MOST_BREAKS else scanned.odd(block, stop)
            for given in self._slowly(block[stop:end], number):
                yield scanned.arrive(given)
            start, number = end, number + count

    def _slowly(self, block: bytes, number: int) -> Iterable[Input]:
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return self._of_block(block, lines, number)

    def _zones_set(self, block: bytes, coder: Coder, scanned: ScannedLines | None) -> int:
        """How many lines a block has, if all of them only set time zones, which the coder takes."""
        passing = self.passing
        if scanned is not None:
            scanned.before(coder.arrivals)
        count = coder.zones_set(block, passing.until)
        if scanned is not None:
            scanned.arrived(count)
        if count:
            first, last = coder.span
            passing.first, passing.last = min(passing.first, first), max(passing.last, last)
            passing.updates += count
        return count

    def _of_block(self, block: bytes, lines: list[bytes], number: int) -> Iterable[Input]:
        if self.columns:
            return self._by_line(lines, number)
        self._tries -= 1
        if self._tries <= 0:
            made = self._plainly(block, lines)
            # Where records mostly say more than an event, trying costs more than it gains.
            self._wait = 1 if made is not None else min(2 * self._wait, _LONGEST_WAIT)
            self._tries = self._wait
            if made is not None:
                return made
        records = _decoded(block, lines)
        return self._by_line(lines, number) if records is None else self._quickly(records, lines, number)

    def _plainly(self, block: bytes, lines: list[bytes]) -> list[Input] | None:
        """The inputs of a block that holds plain events in good order; None where a closer look is needed."""
        records: list[_PlainEvent] | None = _decoded(block, lines, _PLAIN)
        if not records:
            return None
        passing = self.passing
        times = list(map(_time_of, records))
        first, last = min(times), max(times)
        if first < _FIRST or last > instant(passing.until):
            return None
        if passing.is_sorted and (first < instant(passing.last) or times != sorted(times)):
            return None
        names = Counter(map(_event_of, records))
        if not RESERVED.isdisjoint(names):
            return None
        for name in names:
            passing.meet(name)
        judge, tests = passing.judge, passing.tests
        judge.met_odd, context = False, judge.context
        wanted = [r for r in records if (test := tests[r.event]) is not None and test(r.properties, context)]
        if judge.met_odd:
            return None
        self._let_pass(names, wanted, micros(first), micros(last))
        passing.users.update(map(_user_of, records))
        return [Input(r.user, micros(r.time), r.event, r.properties) for r in wanted]

    def _let_pass(self, names: Counter[str], wanted: Sequence[_PlainEvent], first: Micros, last: Micros) -> None:
        """Count the events that are not wanted; those that are count where they are handled."""
        passing = self.passing
        names.subtract(map(_event_of, wanted))
        for name, count in names.items():
            passing.events[name] = passing.events.get(name, 0) + count
        passing.first, passing.last = min(passing.first, first), max(passing.last, last)

    def _quickly(self, records: list[_Native], lines: list[bytes], first: int) -> list[Input]:
        """The inputs of records most of which are usual: this runs once for each line of a file."""
        made: list[Input] = []
        add = made.append
        passing = self.passing
        tests, counts, add_user, is_sorted = passing.tests, passing.events, passing.users.add, passing.is_sorted
        earliest, latest, until = instant(passing.first), instant(passing.last), instant(passing.until)
        for index, record in enumerate(records):
            user, time, event, identity = record.user, record.time, record.event, record.id
            # Most records of a stream pass.  To count one, its time need only be compared, not converted.
            if (
                event in tests
                and tests[event] is None
                and time.__class__ is datetime
                and time.tzinfo is not None
                and _FIRST <= time <= until
                and (time >= latest or not is_sorted)
                and user.__class__ is str
                and user
                and identity is None
                and record.alias is None
                and not _updates(record)
            ):
                counts[event] += 1
                add_user(user)
                if time > latest:
                    latest = time
                if time < earliest:
                    earliest = time
                continue
            if (
                time.__class__ is datetime
                and user.__class__ is str
                and user
                and (identity is None or identity.__class__ is str)
                and record.alias is None
                and (event not in _UNUSUAL_EVENTS if event is not None else _updates(record))
            ):
                try:
                    since = time - EPOCH
                except TypeError:  # without an offset
                    passing.last = micros(latest)
                    made += self.passing.in_turn(self.line(lines[index], first + index))
                    latest = instant(passing.last)
                    continue
                at = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
                if FIRST_INSTANT <= at <= LAST_INSTANT:
                    if time < latest and is_sorted:
                        passing.on_late(_input(record, at))
                    else:
                        if event is not None:
                            passing.meet(event)
                        if is_sorted and time <= until:
                            latest = time
                        add(_input(record, at))
                    continue
            passing.last = micros(latest)
            made += self.passing.in_turn(self.line(lines[index], first + index))
            latest = instant(passing.last)
        passing.first, passing.last = micros(earliest), micros(latest)
        return made

    def _by_line(self, lines: list[bytes], first: int) -> Iterator[Input]:
        for number, line in enumerate(lines, first):
            records = None if self.columns else _decoded(line, [line])
            if records is not None:
                yield from self._quickly(records, [line], number)
            elif line and not line.isspace():
                yield from self.passing.in_turn(self.line(line, number))

    def line(self, line: bytes, number: int) -> Iterator[Input]:
        """The inputs of one line, the long way: several of a batch, none of a reject."""
        try:
            record = decoded_line(line)
        except BadRecord as bad:
            self.reports.reject(number, str(bad), line)
            return
        plain = not _is_beyond([line])
        for member in members(record):
            try:
                made, naive = timed_input(member, self.columns, plain)
            except BadRecord as bad:
                self.reports.reject(number, str(bad), line)
                continue
            if naive:
                self.reports.no_offset(number)
            yield made


def _input(record: _Native, at: Micros) -> Input:
    """The input of a usual record."""
    properties = record.properties if record.event is not None else None
    return Input(record.user, at, record.event, properties, record.set, record.add, record.remove, record.id or None)  # type: ignore[arg-type]


def _updates(record: _Native) -> bool:
    return record.set is not None or record.add is not None or record.remove is not None


def decoded_line(line: bytes) -> dict[str, object]:
    """The JSON object of a line; raises BadRecord with what is wrong and at which column."""
    if len(line) > MOST_BYTES + line.endswith(b"\r"):
        raise BadRecord(f"the record is over {MOST_BYTES:,} bytes")
    try:
        line.decode()
        record = _ANY.decode(line)
    except UnicodeDecodeError as error:
        raise BadRecord(f"not UTF-8: byte {line[error.start]:#04x} at byte {error.start + 1} of the line") from None
    except RecursionError:
        raise BadRecord(f"it nests deeper than {DEEPEST} levels") from None
    except msgspec.DecodeError as error:
        raise BadRecord(_bad_json(line, str(error))) from None
    if not isinstance(record, dict):
        raise BadRecord(f"a JSON object is wanted, this is {kind_of(record)}")
    return record


def _decoded(block: bytes, lines: list[bytes], decoder: msgspec.json.Decoder[Any] = _NATIVE) -> list[Any] | None:
    """One record a line, or None where some line needs a closer look or does not fit the decoder's type."""
    try:
        # Keys that are not looked at are not decoded either, so this has to find what is no UTF-8.
        if not is_utf8(block):
            return None
        is_fine = _SEVEN_DIGITS.search(block) is not None and _FINE_TIME.search(block) is not None
        if is_fine and decoder is not _NATIVE:
            return None
        records = (_NATIVE_TEXT if is_fine else decoder).decode_lines(block)
    except _FAULTS:
        return None
    whole_lines = len(records) == len(lines) == block.count(b"}\n{") + 1
    return records if whole_lines and not _is_beyond(lines) else None


def _is_beyond(lines: list[bytes]) -> bool:
    """Whether some line may be too long, nest too deep or hold an integer that is no double."""
    longest = len(max(lines, key=len))
    if longest <= _LONG:
        return False
    return longest > MOST_BYTES or any(
        _may_be_deep(line) or _may_be_no_double(line) for line in lines if len(line) > _LONG
    )


def _may_be_no_double(line: bytes) -> bool:
    """Whether so many digits stand together that they may be an integer beyond every double."""
    return len(line) >= len(_TOO_MANY_DIGITS) and _TOO_MANY_DIGITS in line.translate(_TO_ZEROS)


def _may_be_deep(line: bytes) -> bool:
    """Whether the line may nest too deep; brackets within texts are taken for others."""
    if line.count(b"{") + line.count(b"[") <= DEEPEST:
        return False
    brackets = line.translate(None, _NO_BRACKETS)
    # Each turn takes off one level of either kind, so two at most.
    for _ in range(DEEPEST // 2):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _bad_json(line: bytes, message: str) -> str:
    if parts := _MALFORMED.fullmatch(message):
        # It has gone one further when it finds something behind the value.
        offset = int(parts[2]) - parts[1].startswith("trailing")
        return f"bad JSON: {parts[1]} at column {_column(line, offset)}"
    if "truncated" in message:
        return f"bad JSON: it ends too early, at column {_column(line, len(line.rstrip()))}"
    if "out of range" in message:
        return f"a number beyond the range of a double ({message})"
    return f"bad JSON: {message[:1].lower()}{message[1:]}"


def _column(line: bytes, offset: int) -> int:
    return len(line[:offset].decode("utf-8", "replace")) + 1
