# cython: boundscheck=False, wraparound=False, cdivision=True
"""Bytes of JSON within one line → where each value ends, NULL where it is none or unusual; days; ordinary numbers.

It takes only what is JSON beyond doubt, and less: see `scanner.pyx`.  A line break is no blank.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

ctypedef const uint8_t* Bytes

cdef enum:
    DEEPEST = 24
    LONGEST_NUMBER = 40
    QUOTE = 34
    BACKSLASH = 92


# ---------------------------------------------------------------------------------------------- JSON
cdef inline Bytes _blank(Bytes p, Bytes end) noexcept nogil:
    while p < end and (p[0] == 32 or p[0] == 9 or p[0] == 13):
        p += 1
    return p


cdef inline Bytes _escape(Bytes p, Bytes end) noexcept nogil:
    """Behind the escape whose backslash is before `p`; NULL where it is none, or half of a surrogate pair."""
    cdef int c, place
    cdef int value = 0
    if p >= end:
        return NULL
    c = p[0]
    if c == QUOTE or c == BACKSLASH or c == 47 or c == 98 or c == 102 or c == 110 or c == 114 or c == 116:
        return p + 1
    if c != 117 or end - p < 5:
        return NULL
    for place in range(1, 5):
        c = p[place]
        if 48 <= c <= 57:
            value = value << 4 | (c - 48)
        elif 65 <= c <= 70:
            value = value << 4 | (c - 55)
        elif 97 <= c <= 102:
            value = value << 4 | (c - 87)
        else:
            return NULL
    return NULL if 0xD800 <= value <= 0xDFFF else p + 5


cdef inline uint64_t _marks(uint64_t word) noexcept nogil:
    """Not 0 where one of eight bytes may be a quote, a backslash or a control character."""
    cdef uint64_t ones = 0x0101010101010101u
    cdef uint64_t tops = 0x8080808080808080u
    cdef uint64_t quotes = word ^ (ones * QUOTE)
    cdef uint64_t slashes = word ^ (ones * BACKSLASH)
    return (((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes) | ((word - ones * 32) & ~word)) & tops


cdef inline Bytes _text(Bytes p, Bytes end) noexcept nogil:
    """Behind the text whose opening quote is before `p`."""
    cdef uint64_t word
    cdef int c
    while p < end:
        while end - p >= 8:
            memcpy(&word, p, 8)
            if _marks(word):
                break
            p += 8
        while p < end:
            c = p[0]
            p += 1
            if c == QUOTE:
                return p
            if c == BACKSLASH:
                p = _escape(p, end)
                if p is NULL:
                    return NULL
                break
            if c < 32:
                return NULL
    return NULL


cdef inline Bytes _name(Bytes p, Bytes end) noexcept nogil:
    """The closing quote of a text without escapes whose opening quote is before `p`."""
    while p < end and p[0] != QUOTE:
        if p[0] == BACKSLASH or p[0] < 32:
            return NULL
        p += 1
    return p if p < end else NULL


cdef inline Bytes _digits(Bytes p, Bytes end) noexcept nogil:
    while p < end and 48 <= p[0] <= 57:
        p += 1
    return p


cdef inline Bytes _number(Bytes p, Bytes end) noexcept nogil:
    """Behind a number that every double can be near to."""
    cdef Bytes start = p
    cdef Bytes digits
    if p[0] == 45:
        p += 1
    digits = p
    p = _digits(p, end)
    if p == digits or (digits[0] == 48 and p - digits > 1):
        return NULL
    if p < end and p[0] == 46:
        digits = p + 1
        p = _digits(digits, end)
        if p == digits:
            return NULL
    if p < end and (p[0] == 101 or p[0] == 69):
        p += 1
        if p < end and (p[0] == 43 or p[0] == 45):
            p += 1
        digits = p
        p = _digits(p, end)
        if p == digits or p - digits > 2:
            return NULL
    return NULL if p - start > LONGEST_NUMBER else p


cdef inline Bytes _word(Bytes p, Bytes end, const char* word, Py_ssize_t length) noexcept nogil:
    return p + length if end - p >= length and not memcmp(p, word, length) else NULL


cdef inline Bytes _behind(Bytes p, Bytes end, int close) noexcept nogil:
    """The comma or the closing bracket behind a value."""
    p = _blank(p, end)
    return p if p < end and (p[0] == 44 or p[0] == close) else NULL


cdef inline Bytes _value(Bytes p, Bytes end, int depth) noexcept nogil:
    """Behind the value that starts at `p`."""
    cdef int c
    if p >= end:
        return NULL
    c = p[0]
    if c == QUOTE:
        return _text(p + 1, end)
    if c == 45 or 48 <= c <= 57:
        return _number(p, end)
    if c == 123:
        return _record(p + 1, end, depth + 1)
    if c == 91:
        return _list(p + 1, end, depth + 1)
    if c == 116:
        return _word(p, end, "true", 4)
    if c == 102:
        return _word(p, end, "false", 5)
    if c == 110:
        return _word(p, end, "null", 4)
    return NULL


cdef inline Bytes _list(Bytes p, Bytes end, int depth) noexcept nogil:
    if depth > DEEPEST:
        return NULL
    p = _blank(p, end)
    if p < end and p[0] == 93:
        return p + 1
    while True:
        p = _value(_blank(p, end), end, depth)
        if p is NULL:
            return NULL
        p = _behind(p, end, 93)
        if p is NULL:
            return NULL
        if p[0] == 93:
            return p + 1
        p += 1


cdef inline Bytes _colon(Bytes p, Bytes end) noexcept nogil:
    """The start of the value whose key's closing quote is before `p`."""
    p = _blank(p, end)
    if p >= end or p[0] != 58:
        return NULL
    return _blank(p + 1, end)


cdef inline Bytes _keyed(Bytes p, Bytes end, Bytes* key, Bytes* stop) noexcept nogil:
    """The start of the value behind the next key, which has no escapes and goes from `key` to `stop`."""
    p = _blank(p, end)
    if p >= end or p[0] != QUOTE:
        return NULL
    key[0] = p + 1
    stop[0] = _name(key[0], end)
    if stop[0] is NULL:
        return NULL
    p = _colon(stop[0] + 1, end)
    return NULL if p is NULL or p >= end else p


cdef inline Bytes _record(Bytes p, Bytes end, int depth) noexcept nogil:
    if depth > DEEPEST:
        return NULL
    p = _blank(p, end)
    if p < end and p[0] == 125:
        return p + 1
    while True:
        p = _blank(p, end)
        if p >= end or p[0] != QUOTE:
            return NULL
        p = _text(p + 1, end)
        if p is NULL:
            return NULL
        p = _colon(p, end)
        if p is NULL:
            return NULL
        p = _value(p, end, depth)
        if p is NULL:
            return NULL
        p = _behind(p, end, 125)
        if p is NULL:
            return NULL
        if p[0] == 125:
            return p + 1
        p += 1


# ---------------------------------------------------------------------------------------------- times
cdef inline int _two(Bytes p) noexcept nogil:
    """The number that two digits are; above 99 where they are none."""
    cdef unsigned int tens = <unsigned int>p[0] - 48
    cdef unsigned int ones = <unsigned int>p[1] - 48
    return <int>(10 * tens + ones) if tens <= 9 and ones <= 9 else 100


cdef inline int64_t _days(int year, int month, int day) noexcept nogil:
    """Days from 1970-01-01 to a day of the Gregorian calendar."""
    cdef int64_t y = year - (month <= 2)
    cdef int64_t era = y // 400  # years are above 0
    cdef int64_t of_era = y - era * 400
    cdef int64_t of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


cdef inline int _days_of(int year, int month) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef inline bint _simple(Bytes p, Bytes end, double* value) noexcept nogil:
    """Whether a value is a number of at most 15 digits without exponent, whose double is then in `value`."""
    cdef int64_t whole = 0
    cdef int digits = 0
    cdef int behind = -1
    cdef double unit = 1
    cdef bint is_negative = p[0] == 45
    if is_negative:
        p += 1
    while p < end:
        if 48 <= p[0] <= 57:
            digits += 1
            if digits > 15:
                return False
            whole = 10 * whole + p[0] - 48
            behind += behind >= 0
        elif p[0] == 46:
            behind = 0
        else:
            return False
        p += 1
    # Both are whole numbers that a double holds exactly, so what comes is the double nearest to the number.
    while behind > 0:
        unit *= 10
        behind -= 1
    value[0] = <double>whole / unit
    if is_negative:
        value[0] = -value[0]
    return digits > 0
