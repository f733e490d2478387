# cython: boundscheck=False, wraparound=False, cdivision=True
"""A block of lines of JSON, all of which only set their user's time zone → users, times and zones.

Such a line is `{"user":"u1","time":"2026-11-20T10:00:00Z","set":{"timezone":"Asia/Seoul"}}`, with one space or none
behind colons and commas, in ASCII and without escapes, and a time in UTC.  A block with any other line is left alone.
"""

from array import array

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcmp, strlen

from trigdsl.native.clocks cimport DAY_MICROS, days_before
from trigdsl.native.names cimport Names

cdef enum:
    LONGEST_TEXT = 1000


cdef struct Place:
    const char* at
    const char* end


cdef inline bint _passes(Place* here, const char* text) noexcept nogil:
    """Whether this text comes next; then go behind it."""
    cdef size_t length = strlen(text)
    if <size_t> (here.end - here.at) < length or memcmp(here.at, text, length):
        return False
    here.at += length
    return True


cdef inline bint _passes_key(Place* here, const char* key) noexcept nogil:
    """Whether a key and its colon come next."""
    if not _passes(here, key) or not _passes(here, b":"):
        return False
    _passes(here, b" ")
    return True


cdef inline int64_t _text(Place* here) noexcept nogil:
    """Go behind a text in quotes: its length, or -1 where none comes next or it is not plain."""
    cdef const char* start
    cdef unsigned char byte
    if not _passes(here, b'"'):
        return -1
    start = here.at
    while here.at < here.end:
        byte = here.at[0]
        here.at += 1
        if byte == 34:
            return here.at - 1 - start if here.at - 1 - start <= LONGEST_TEXT else -1
        if byte < 32 or byte == 92 or byte >= 127:
            return -1
    return -1


cdef inline int64_t _digits(const char* at, int count) noexcept nogil:
    """The number of so many digits; -1 where they are none."""
    cdef int64_t number = 0
    cdef int i
    for i in range(count):
        if not 48 <= at[i] <= 57:
            return -1
        number = 10 * number + at[i] - 48
    return number


cdef inline bint _instant(const char* text, int64_t length, int64_t* into) noexcept nogil:
    """Whether a text is an instant in UTC, written `YYYY-MM-DDTHH:MM:SS[.d…]Z` with up to six digits."""
    cdef int64_t year, month, day, hour, minute, second, fraction = 0
    cdef int64_t days
    cdef int i
    if not (length == 20 or 22 <= length <= 27) or text[length - 1] != 90:
        return False
    if text[4] != 45 or text[7] != 45 or text[10] != 84 or text[13] != 58 or text[16] != 58:
        return False
    year, month, day = _digits(text, 4), _digits(text + 5, 2), _digits(text + 8, 2)
    hour, minute, second = _digits(text + 11, 2), _digits(text + 14, 2), _digits(text + 17, 2)
    if year < 1 or not 1 <= month <= 12 or day < 1 or not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return False
    if length > 20:
        fraction = _digits(text + 20, <int> (length - 21)) if text[19] == 46 else -1
        if fraction < 0:
            return False
        for i in range(<int> (27 - length)):
            fraction *= 10
    days = days_before(year, month)
    if day > days_before(year + month // 12, month % 12 + 1) - days:
        return False
    into[0] = (days + day - 1) * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * 1000000 + fraction
    return True


cdef class ZoneLines:
    """The lines of one block at a time; `zones` are the names of those that were met in all."""

    cdef readonly Names zones
    cdef readonly Py_ssize_t count
    cdef readonly int64_t first, last

    def __init__(self):
        self.zones = Names()

    def read(self, const unsigned char[::1] block):
        """Where the users of all lines begin, how long they are, the times and the zones; None for another block.

        `first` and `last` are then the earliest and the latest time, `count` the number of lines.
        """
        cdef Place here
        cdef const char* user
        cdef const char* text
        cdef int64_t length, user_length, time
        cdef const char* block_start = <const char*> &block[0] if block.shape[0] else NULL
        here.at, here.end = block_start, block_start + block.shape[0]
        users, lengths, times, zones = array("q"), array("q"), array("q"), array("i")
        self.count, self.first, self.last = 0, 0x7FFFFFFFFFFFFFFF, -0x7FFFFFFFFFFFFFFF
        while here.at < here.end:
            if not _passes(&here, b"{") or not _passes_key(&here, b'"user"'):
                return None
            user = here.at + 1
            user_length = _text(&here)
            if user_length < 1 or not _passes(&here, b","):
                return None
            _passes(&here, b" ")
            if not _passes_key(&here, b'"time"'):
                return None
            text = here.at + 1
            length = _text(&here)
            if length < 0 or not _instant(text, length, &time) or not _passes(&here, b","):
                return None
            _passes(&here, b" ")
            if not _passes_key(&here, b'"set"') or not _passes(&here, b"{") or not _passes_key(&here, b'"timezone"'):
                return None
            text = here.at + 1
            length = _text(&here)
            if length < 1 or not _passes(&here, b"}}") or not (_passes(&here, b"\n") or here.at == here.end):
                return None
            users.append(user - block_start)
            lengths.append(user_length)
            times.append(time)
            zones.append(self.zones.put(text, length))
            self.first, self.last = min(self.first, time), max(self.last, time)
            self.count += 1
        return users, lengths, times, zones
