# cython: boundscheck=False, wraparound=False, cdivision=True
"""Decisions as columns → lines of JSON, made of parts that are the same for all decisions of a kind.

A line is what `trigdsl.replayer.flat_lines` makes of the same decision; a test holds the two together.  `line_of` does
the same for any decision that was made one by one, as `trigdsl.replayer.writing` does without it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from trigdsl.native.batches cimport Entry, Header
from trigdsl.native.blake cimport digest_of
from trigdsl.native.clocks cimport DAY_MICROS, Date, date_of, floor_day
from trigdsl.native.decisions cimport Decision, Decisions
from trigdsl.native.names cimport Names, start_of

cdef const char* HEX = b"0123456789abcdef"
cdef enum:
    LONGEST_NUMBER = 24
    # Of all parts of a line whose length is always the same: times, key and what stands between.
    FIXED = 256


cdef class Bytes:
    """Bytes that grow."""

    cdef char* held
    cdef Py_ssize_t length, room

    def __dealloc__(self):
        free(self.held)

    cdef int need(self, Py_ssize_t more) except -1:
        cdef char* grown
        if self.length + more > self.room:
            grown = <char*> realloc(self.held, 2 * (self.length + more) + 4096)
            if grown == NULL:
                raise MemoryError
            self.held, self.room = grown, 2 * (self.length + more) + 4096
        return 0

    cdef inline void put(self, const char* data, Py_ssize_t length) noexcept nogil:
        """Add what there is room for."""
        memcpy(self.held + self.length, data, length)
        self.length += length

    cdef inline void put_number(self, int64_t number) noexcept nogil:
        cdef char digits[LONGEST_NUMBER]
        cdef int place = LONGEST_NUMBER
        cdef bint negative = number < 0
        if negative:
            number = -number
        while True:
            place -= 1
            digits[place] = 48 + number % 10
            number = number // 10
            if not number:
                break
        if negative:
            place -= 1
            digits[place] = 45
        self.put(digits + place, LONGEST_NUMBER - place)

    cdef inline void put_padded(self, int64_t number, int width) noexcept nogil:
        """So many digits of a number that has no more."""
        cdef int place
        for place in range(width - 1, -1, -1):
            self.held[self.length + place] = 48 + number % 10
            number = number // 10
        self.length += width

    cdef inline void put_instant(self, int64_t at) noexcept nogil:
        """An instant as `instant_text` writes it, in quotes."""
        cdef int64_t day = floor_day(at)
        cdef int64_t time = at - day * DAY_MICROS
        cdef int64_t fraction = time % 1000000
        cdef Date date = date_of(day)
        time //= 1000000
        self.put(b'"', 1)
        self.put_padded(date.year, 4)
        self.put(b"-", 1)
        self.put_padded(date.month, 2)
        self.put(b"-", 1)
        self.put_padded(date.day, 2)
        self.put(b"T", 1)
        self.put_padded(time // 3600, 2)
        self.put(b":", 1)
        self.put_padded(time // 60 % 60, 2)
        self.put(b":", 1)
        self.put_padded(time % 60, 2)
        if fraction:
            self.put(b".", 1)
            self.put_padded(fraction, 6)
        self.put(b'Z"', 2)

    cdef inline void put_text(self, const char* text, Py_ssize_t length) noexcept nogil:
        """A text of UTF-8 as JSON; there must be room for six times as many bytes, and the quotes."""
        cdef Py_ssize_t i
        cdef unsigned char byte
        cdef const char* short_form
        self.put(b'"', 1)
        for i in range(length):
            byte = text[i]
            if byte >= 32 and byte != 34 and byte != 92:
                self.held[self.length] = byte
                self.length += 1
                continue
            short_form = NULL
            if byte == 34: short_form = b'\\"'
            elif byte == 92: short_form = b"\\\\"
            elif byte == 8: short_form = b"\\b"
            elif byte == 9: short_form = b"\\t"
            elif byte == 10: short_form = b"\\n"
            elif byte == 12: short_form = b"\\f"
            elif byte == 13: short_form = b"\\r"
            if short_form != NULL:
                self.put(short_form, 2)
            else:
                self.put(b"\\u00", 4)
                self.put(&HEX[byte >> 4], 1)
                self.put(&HEX[byte & 15], 1)
        self.put(b'"', 1)


cdef class Lines:
    """Writes lines; `kinds` has for each kind what stands before the times, behind them, before the key, and the rule."""

    cdef list kinds
    cdef Py_ssize_t longest
    # The bytes of a key, and of a batch: what is grown once is used again.
    cdef Bytes named, made

    def __init__(self, kinds):
        self.kinds = [tuple(parts) for parts in kinds]
        self.longest = max((sum(map(len, parts)) for parts in self.kinds), default=0)
        self.named, self.made = Bytes(), Bytes()

    def batch(
        self, Decisions decisions, Py_ssize_t start, Py_ssize_t stop, Names users, dict ids, bint pending, bint writes
    ):
        """The decisions from `start` up to `stop` as a batch of bytes, without lines unless it `writes`.

        `ids` has the members that tell the ids of events, by their number; most often there are none.
        """
        cdef Py_ssize_t count = min(stop, decisions.count) - start, i, began
        cdef Bytes into = self.made
        cdef Header header = Header(count, pending)
        cdef Entry entry
        cdef Decision* one
        cdef Py_ssize_t entries = sizeof(Header)
        into.length = 0
        into.need(entries + count * sizeof(Entry) + (count * (self.longest + FIXED) if writes else 0))
        into.put(<const char*> &header, sizeof(Header))
        into.length = entries + count * sizeof(Entry)
        for i in range(count):
            one = &decisions.held[start + i]
            began = into.length
            if writes:
                self.line(into, one, users, <bytes> ids.get(one.event) if ids else None)
            entry = Entry(one.time, one.user, one.kind, into.length - began)
            memcpy(into.held + entries + i * sizeof(Entry), &entry, sizeof(Entry))
        return PyBytes_FromStringAndSize(into.held, into.length)

    cdef int line(self, Bytes into, Decision* one, Names users, bytes event_id) except -1:
        cdef int64_t start = start_of(users, one.user)
        cdef const char* user = users.data + start
        cdef Py_ssize_t length = users.ends[one.user] - start
        cdef bytes before, between, after, rule
        before, between, after, rule = self.kinds[one.kind]
        into.need(self.longest + FIXED + 6 * length + (len(event_id) if event_id is not None else 0))
        into.put(b'{"user":', 8)
        into.put_text(user, length)
        into.put(PyBytes_AS_STRING(before), PyBytes_GET_SIZE(before))
        into.put(b'"time":', 7)
        into.put_instant(one.time)
        into.put(b',"triggered":', 13)
        into.put_instant(one.triggered)
        into.put(b',"due":', 7)
        into.put_instant(one.due)
        into.put(PyBytes_AS_STRING(between), PyBytes_GET_SIZE(between))
        if event_id is not None:
            into.put(PyBytes_AS_STRING(event_id), PyBytes_GET_SIZE(event_id))
        into.put(PyBytes_AS_STRING(after), PyBytes_GET_SIZE(after))
        into.put(b'"key":"', 7)
        self.put_key(into, one, user, length, rule)
        into.put(b'"}\n', 3)
        return 0

    cdef int put_key(self, Bytes into, Decision* one, const char* user, Py_ssize_t length, bytes rule) except -1:
        """What `trigdsl.engine.keys.key_of` makes of a decision on the one step of a flat rule."""
        cdef Bytes named = self.named
        cdef Py_ssize_t characters = 0, i
        cdef uint8_t digest[16]
        for i in range(length):
            characters += (user[i] & 0xC0) != 0x80
        named.length = 0
        named.need(length + PyBytes_GET_SIZE(rule) + FIXED)
        named.put_number(characters)
        named.put(b" ", 1)
        named.put(user, length)
        named.put(b" ", 1)
        named.put(PyBytes_AS_STRING(rule), PyBytes_GET_SIZE(rule))
        named.put(b" ", 1)
        named.put_number(one.triggered)
        named.put(b" ", 1)
        named.put_number(one.number)
        named.put(b" 1 0", 4)
        digest_of(<const uint8_t*> named.held, named.length, digest)
        for i in range(16):
            into.put(&HEX[digest[i] >> 4], 1)
            into.put(&HEX[digest[i] & 15], 1)
        return 0


def line_of(decision, encode):
    """A decision as one line of JSON, with its line feed; `encode` makes JSON of a value.

    Raises UnicodeEncodeError for text that is no UTF-8, and what `encode` raises.
    """
    cdef Bytes into = Bytes()
    _put_text(into, b'{"user":', 8, decision.user)
    _put_text(into, b',"rule":', 8, decision.rule)
    into.put(b',"step":', 8)
    into.put_number(decision.step)
    _put_text(into, b',"action":', 10, decision.action)
    _put_text(into, b',"channel":', 11, decision.channel)
    _put_text(into, b',"target":', 10, decision.target)
    _put_text(into, b',"status":', 10, decision.status)
    _put_text(into, b',"reason":', 10, decision.reason)
    into.put(b',"time":', 8)
    into.put_instant(decision.time)
    into.put(b',"triggered":', 13)
    into.put_instant(decision.triggered)
    into.put(b',"due":', 7)
    into.put_instant(decision.due)
    _put_text(into, b',"variant":', 11, decision.variant)
    _put_text(into, b',"text":', 8, decision.text)
    if decision.fields is not None:
        _put_json(into, b',"fields":', 10, encode(decision.fields))
    if decision.has_value:
        _put_json(into, b',"value":', 9, encode(decision.value))
    _put_text(into, b',"event_id":', 12, decision.event_id)
    _put_text(into, b',"title":', 9, decision.title)
    _put_text(into, b',"key":', 7, decision.key)
    into.put(b"}\n", 2)
    return PyBytes_FromStringAndSize(into.held, into.length)


cdef int _put_text(Bytes into, const char* name, Py_ssize_t name_length, str text) except -1:
    """Add a member whose value is a text, unless there is none; after it there is room for what is FIXED."""
    cdef Py_ssize_t length
    cdef const char* data
    if text is None:
        return 0
    data = PyUnicode_AsUTF8AndSize(text, &length)
    into.need(name_length + 6 * length + FIXED)
    into.put(name, name_length)
    into.put_text(data, length)
    return 0


cdef int _put_json(Bytes into, const char* name, Py_ssize_t name_length, bytes value) except -1:
    """Add a member whose value is JSON already; after it there is room for what is FIXED."""
    into.need(name_length + PyBytes_GET_SIZE(value) + FIXED)
    into.put(name, name_length)
    into.put(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    return 0
