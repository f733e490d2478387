# The scanner of lines, for those that scan other things: see `scanner.pyx`.

from libc.stdint cimport int32_t, int64_t

from trigdsl.native.json_text cimport Bytes
from trigdsl.native.names cimport Names

cdef enum:
    _PASSES = 0
    _WANTED = 1
    _DOES = 2
    _ODD = 3

    MOST_NODES = 256
    MOST_BOUNDS = 1024
    LONGEST_KEY = 512
    MOST_KNOWN = 65536
    MOST_TURNS = 4096
    MOST_TURNED = 16384
    UNASKED = -3

    USER = 1
    TIME = 2
    EVENT = 4
    PROPERTIES = 8
    OTHER = 16


cdef struct Node:
    # One key of the paths that are read: its text, what comes below and beside it, and where its value stands in the
    # line of number `line`.
    Bytes key
    Py_ssize_t length
    int below
    int beside
    int64_t line
    Bytes start
    Bytes end


cdef struct Limit:
    int node
    int order  # 0: >, 1: >=, 2: <, 3: <=
    double number


cdef inline bint is_beyond(const Limit* limit, double value) noexcept nogil:
    """Whether a number is beyond a limit."""
    if limit.order == 0:
        return value > limit.number
    if limit.order == 1:
        return value >= limit.number
    if limit.order == 2:
        return value < limit.number
    return value <= limit.number


cdef struct Plan:
    # What becomes of events of one name; those that have limits pass unless one of them is exceeded.
    int kind
    int is_limited
    int first_limit
    int limits
    int64_t passed
    int turning  # the one value that decides by its number, -1: none
    int first_turn
    int turns
    int first_turned


cdef struct Line:
    Bytes user
    Py_ssize_t user_length
    Bytes event
    Py_ssize_t event_length
    Bytes id  # with a length of 0 where there is none
    Py_ssize_t id_length
    int64_t time
    int held


cdef class Scanner:
    cdef Names users
    cdef Names _events
    cdef list _user_texts
    cdef list _event_texts
    cdef object _meet
    cdef object _does
    cdef int64_t _until
    cdef bint _is_sorted
    cdef Py_ssize_t _longest
    cdef int64_t _earliest
    cdef int64_t _latest
    cdef public int64_t first
    cdef public int64_t last
    cdef public int64_t arrived
    cdef readonly Py_ssize_t lines
    cdef readonly list wanted

    cdef Node _nodes[MOST_NODES]
    cdef int _node_count
    cdef list _keys
    cdef Limit _limits[MOST_BOUNDS]
    cdef int _limit_count
    cdef Plan* _plans
    cdef Py_ssize_t _plan_room
    cdef double _turns[MOST_TURNS]
    cdef int _turn_count
    # What events of a name do below its first turn, at it, between it and the second, ..., above all; UNASKED.
    cdef int64_t _turned[MOST_TURNED]
    cdef int _turned_count
    cdef list _reads
    cdef dict _known

    cdef int64_t _line
    cdef char _day[10]
    cdef int64_t _day_number

    cdef int32_t* _row_users
    cdef int64_t* _row_times
    cdef int64_t* _row_arrivals
    cdef int32_t* _row_effects
    cdef Py_ssize_t _row_room
    cdef readonly Py_ssize_t rows

    cdef bint _take(self, Bytes p, Bytes end) except -1
    cdef bint _settled(self, Bytes p, Bytes end, Line* line) except -1
    cdef int _pass(self, Line* line, int32_t event, int64_t effect) except -1
    cdef int _want(self, Bytes p, Bytes end, Line* line, int32_t event) except -1
    cdef str _user(self, Py_ssize_t number)
    cdef str _event(self, Py_ssize_t number)
    cdef int _widen_rows(self) except -1
    cdef int _plan_for(self, int32_t event) except -1
    cdef int _turn(self, Plan* plan, list nodes, turns) except -1
    cdef bint _exceeds(self, Plan* plan) noexcept nogil
    cdef bint _number_at(self, int node, double* value) noexcept nogil
    cdef int64_t _effect_by_number(self, Bytes p, Bytes end, Plan* plan, int32_t event) except -4
    cdef int64_t _effect(self, Bytes p, Bytes end, int32_t event) except -4
    cdef Bytes _parsed(self, Bytes p, Bytes end, Line* line) noexcept nogil
    cdef Bytes _properties(self, Bytes p, Bytes end, int node, int depth) noexcept nogil
    cdef Bytes _time(self, Bytes p, Bytes end, int64_t* time) noexcept nogil
    cdef bint _instant(self, Bytes p, Bytes end, int64_t* time) noexcept nogil


cdef inline bint _seconds(Bytes p, Bytes end, int64_t* time) noexcept nogil:
    """Whether a text is a whole number of ordinary length, of seconds or milliseconds since 1970."""
    cdef int64_t number = 0
    cdef int64_t most_seconds = 100000000000  # `MILLISECONDS_ABOVE` in `trigdsl/records/times.py`
    cdef bint is_before = p < end and p[0] == 45
    p += is_before
    if p == end or end - p > 15:
        return False
    while p < end:
        if not 48 <= p[0] <= 57:
            return False
        number = 10 * number + p[0] - 48
        p += 1
    if number > most_seconds:
        number *= 1000
    else:
        number *= 1000000
    time[0] = -number if is_before else number
    return True
