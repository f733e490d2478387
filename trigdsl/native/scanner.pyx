# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Lines of JSON that hold a plain event each → who did what when; which of them pass, are wanted, or do something.

A line is taken only if it is JSON beyond doubt, holds an event and nothing beside, and is written in the ordinary way:
keys and names without escapes, a time of RFC 3339 with its offset or a whole number, numbers of ordinary length, little
nesting.  The scanner stops at every other line, and says where; whoever called it then reads that line another way.
So it rejects nothing, and need not know why a line is unusual.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memchr, memcmp, memcpy

from trigdsl.native.json_text cimport (
    Bytes, DEEPEST, QUOTE, _behind, _blank, _days, _days_of, _keyed, _name, _number, _simple, _two, _value, _word,
)
from trigdsl.native.names cimport Names, start_of

from array import array

PASSES, WANTED, DOES, ODD = 0, 1, 2, 3


cdef class Scanner:
    """Scans blocks of lines; what it finds adds up until it is taken.

    `meet(event)` says once for each name of an event what becomes of events of that name: PASSES, WANTED, DOES or ODD;
    bounds, or None (events that are within all of them pass); the paths of properties that decide what it does; and
    where that is one path, the numbers between which all of its numbers do the same, or None.
    `does(event, line)` gives the number of what such an event does, -1 for nothing, -2 if the line is odd.

    `lines` is the number of lines that the last call took, and `arrived` that of all so far.  Times are microseconds;
    an event after `until` is wanted.  With `is_sorted` a line before `last` is odd, and every other up to `until` moves
    `last` on; else `first` and `last` are the times of those that passed or do something.
    """

    def __cinit__(self):
        self._plans = NULL
        self._row_users = self._row_effects = NULL
        self._row_times = self._row_arrivals = NULL

    def __init__(self, meet, does, longest, earliest, latest, until, is_sorted):
        self.users = Names()
        self._events = Names()
        self._user_texts = []
        self._event_texts = []
        self._meet = meet
        self._does = does
        self._longest = longest
        self._earliest = earliest
        self._latest = latest
        self._until = until
        self._is_sorted = is_sorted
        self.first = latest
        self.last = earliest
        self.arrived = 0
        self.lines = 0
        self.wanted = []
        self._node_count = 1
        self._nodes[0].below = self._nodes[0].beside = -1
        self._keys = []
        self._limit_count = self._turn_count = self._turned_count = 0
        self._plan_room = 0
        self._reads = []
        self._known = {}
        self._line = 0
        self._day[0] = 0
        self.rows = self._row_room = 0

    def __dealloc__(self):
        PyMem_Free(self._plans)
        PyMem_Free(self._row_users)
        PyMem_Free(self._row_times)
        PyMem_Free(self._row_arrivals)
        PyMem_Free(self._row_effects)

    # ------------------------------------------------------------------ what is taken
    def scan(self, block: bytes, start: int) -> int:
        """Take lines from a place on; where the first one starts that is odd, else the end of the block.

        The block must be UTF-8.
        """
        cdef Bytes begin = <Bytes>PyBytes_AS_STRING(block)
        cdef Bytes end = begin + PyBytes_GET_SIZE(block)
        cdef Bytes p = begin + <Py_ssize_t>start
        cdef Bytes stop
        self.lines = 0
        while p < end:
            stop = <Bytes>memchr(p, 10, end - p)
            if stop is NULL:
                stop = end
            if not self._take(p, stop):
                return p - begin
            self.lines += 1
            p = stop + 1
        return end - begin

    def odd_until(self, block: bytes, start: int) -> int:
        """Where the odd lines end that start at a place, as far as can be told from each alone."""
        cdef Bytes begin = <Bytes>PyBytes_AS_STRING(block)
        cdef Bytes end = begin + PyBytes_GET_SIZE(block)
        cdef Bytes p = begin + <Py_ssize_t>start
        cdef Bytes stop
        cdef Line line
        self.lines = 0
        while p < end:
            stop = <Bytes>memchr(p, 10, end - p)
            if stop is NULL:
                stop = end
            # The first is odd whatever it looks like.
            if self.lines and (stop - p > self._longest or self._parsed(p, stop, &line) is not NULL):
                break
            self.lines += 1
            p = stop + 1
        return min(p, end) - begin

    cdef bint _take(self, Bytes p, Bytes end) except -1:
        """Take one line; whether it was not odd."""
        cdef Line line
        line.id_length = 0
        if end - p > self._longest:
            return False
        if self._parsed(p, end, &line) is NULL:
            # No record at all is in a blank line, which counts as a line alone.
            return _blank(p, end) == end
        return self._settled(p, end, &line)

    cdef bint _settled(self, Bytes p, Bytes end, Line* line) except -1:
        """Do with a line that was parsed what is to be done with it; whether it was not odd."""
        cdef Plan* plan
        cdef int32_t event
        cdef Py_ssize_t count
        cdef int64_t effect = -1
        if self._is_sorted and line.time < self.last:
            return False
        count = self._events.count
        event = self._events.put(<const char*>line.event, line.event_length)
        if event == count:
            self._plan_for(event)
            # Now more of the properties may be read, one of them perhaps twice.
            if self._parsed(p, end, line) is NULL:
                return False
        plan = &self._plans[event]
        if plan.kind == _ODD:
            return False
        # Whether another record had the same id is for others to know.
        if line.time > self._until or line.id_length:
            self._want(p, end, line, event)
            return True
        if plan.kind != _PASSES and (not plan.is_limited or self._exceeds(plan)):
            if plan.kind == _WANTED:
                self._want(p, end, line, event)
                return True
            effect = self._effect_by_number(p, end, plan, event)
            if effect == -2:
                return False
        self._pass(line, event, effect)
        return True

    cdef int64_t _effect_by_number(self, Bytes p, Bytes end, Plan* plan, int32_t event) except -4:
        """What an event does, which is asked once for all numbers that do the same."""
        cdef double number = 0
        cdef int low = 0, high = plan.turns, middle, place
        cdef double* turns = &self._turns[plan.first_turn]
        if plan.turning < 0 or not self._number_at(plan.turning, &number):
            return self._effect(p, end, event)
        while low < high:
            middle = (low + high) // 2
            if turns[middle] < number:
                low = middle + 1
            else:
                high = middle
        place = plan.first_turned + 2 * low + (low < plan.turns and turns[low] == number)
        if self._turned[place] == UNASKED:
            self._turned[place] = self._effect(p, end, event)
        return self._turned[place]

    cdef bint _number_at(self, int node, double* value) noexcept nogil:
        """Whether the value of a node is an ordinary number, which is then in `value`."""
        cdef Node* held = &self._nodes[node]
        return held.line == self._line and held.start[0] < 58 and _simple(held.start, held.end, value)

    cdef int _pass(self, Line* line, int32_t event, int64_t effect) except -1:
        """Count an event, and keep it as a row where it does something."""
        cdef int32_t user = self.users.put(<const char*>line.user, line.user_length)
        self._plans[event].passed += 1
        if line.time < self.first:
            self.first = line.time
        if line.time > self.last:
            self.last = line.time
        if effect >= 0:
            if self.rows == self._row_room:
                self._widen_rows()
            self._row_users[self.rows] = user
            self._row_times[self.rows] = line.time
            self._row_arrivals[self.rows] = self.arrived
            self._row_effects[self.rows] = <int32_t>effect
            self.rows += 1
        self.arrived += 1
        return 0

    cdef int _want(self, Bytes p, Bytes end, Line* line, int32_t event) except -1:
        cdef str user
        if line.time <= self._until:
            user = self._user(self.users.put(<const char*>line.user, line.user_length))
            if self._is_sorted:
                self.last = line.time
        else:
            user = PyUnicode_DecodeUTF8(<const char*>line.user, line.user_length, NULL)
        text = PyBytes_FromStringAndSize(<const char*>p, end - p)
        self.wanted.append((user, line.time, self._event(event), text, self.arrived))
        self.arrived += 1
        return 0

    def take_wanted(self) -> list:
        """The events that are wanted since the last call: user, time, event, the line, and its arrival."""
        found = self.wanted
        self.wanted = []
        return found

    def take_passed(self) -> dict:
        """How many events of each name passed since the last call."""
        found = {}
        cdef Py_ssize_t code
        for code in range(self._events.count):
            if self._plans[code].passed:
                found[self._event(<int32_t>code)] = self._plans[code].passed
                self._plans[code].passed = 0
        return found

    def take_rows(self) -> tuple:
        """The rows since the last call, as `split_rows` takes them: their users are numbered anew."""
        cdef Py_ssize_t count = self.rows
        cdef Py_ssize_t row
        cdef int32_t user
        cdef Names names = Names()
        users = array("i", bytes(sizeof(int32_t) * count))
        cdef int32_t[::1] into = users
        cdef Names known = self.users
        here = array("i", bytes(sizeof(int32_t) * known.count))
        cdef int32_t[::1] number = here
        for row in range(count):
            user = self._row_users[row]
            # 0 is for those that have none yet.
            if not number[user]:
                number[user] = 1 + names.put(known.data + start_of(known, user), known.ends[user] - start_of(known, user))
            into[row] = number[user] - 1
        self.rows = 0
        return (
            *names.packed(),
            users.tobytes(),
            PyBytes_FromStringAndSize(<char*>self._row_times, count * sizeof(int64_t)),
            PyBytes_FromStringAndSize(<char*>self._row_arrivals, count * sizeof(int64_t)),
            PyBytes_FromStringAndSize(<char*>self._row_effects, count * sizeof(int32_t)),
        )

    def user_count(self) -> int:
        """How many users there are whose events passed, were wanted or do something."""
        return self.users.count

    def user_names(self, first: int = 0) -> list:
        """Their names by their numbers, from `first` on."""
        return [self._user(number) for number in range(first, self.users.count)]

    cdef str _user(self, Py_ssize_t number):
        """The name of a user, the same text each time."""
        while len(self._user_texts) <= number:
            self._user_texts.append(None)
        found = self._user_texts[number]
        if found is None:
            found = self._user_texts[number] = self.users[number]
        return found

    cdef str _event(self, Py_ssize_t number):
        while len(self._event_texts) <= number:
            self._event_texts.append(self._events[len(self._event_texts)])
        return self._event_texts[number]

    cdef int _widen_rows(self) except -1:
        cdef Py_ssize_t room = 2 * self._row_room or 1024
        cdef void* moved
        moved = PyMem_Realloc(self._row_users, room * sizeof(int32_t))
        if moved is NULL:
            raise MemoryError
        self._row_users = <int32_t*>moved
        moved = PyMem_Realloc(self._row_times, room * sizeof(int64_t))
        if moved is NULL:
            raise MemoryError
        self._row_times = <int64_t*>moved
        moved = PyMem_Realloc(self._row_arrivals, room * sizeof(int64_t))
        if moved is NULL:
            raise MemoryError
        self._row_arrivals = <int64_t*>moved
        moved = PyMem_Realloc(self._row_effects, room * sizeof(int32_t))
        if moved is NULL:
            raise MemoryError
        self._row_effects = <int32_t*>moved
        self._row_room = room
        return 0

    # ------------------------------------------------------------------ what becomes of an event
    cdef int _plan_for(self, int32_t event) except -1:
        """Ask what becomes of events of a name that is met for the first time."""
        cdef void* moved
        cdef Plan* plan
        if event >= self._plan_room:
            moved = PyMem_Realloc(self._plans, 2 * (event + 8) * sizeof(Plan))
            if moved is NULL:
                raise MemoryError
            self._plans = <Plan*>moved
            self._plan_room = 2 * (event + 8)
        plan = &self._plans[event]
        plan.kind = _ODD
        plan.passed = plan.limits = 0
        plan.is_limited = False
        plan.turning = -1
        plan.turns = 0
        self._reads.append(())
        kind, bounds, paths, turns = self._meet(self._event(event))
        # More than there is room for is rare enough to be read otherwise.
        if kind == DOES:
            nodes = [self._node(path) for path in paths]
            if -1 in nodes:
                return 0
            self._reads[event] = tuple(nodes)
            self._turn(plan, nodes, turns)
        if bounds is not None and self._limit_count + len(bounds) <= MOST_BOUNDS:
            plan.first_limit = self._limit_count
            for path, order, number in bounds:
                node = self._node(path)
                if node < 0:
                    break
                self._limits[self._limit_count].node = node
                self._limits[self._limit_count].order = (">", ">=", "<", "<=").index(order)
                self._limits[self._limit_count].number = number
                self._limit_count += 1
            else:
                plan.is_limited = True
                plan.limits = self._limit_count - plan.first_limit
        plan.kind = kind
        return 0

    cdef int _turn(self, Plan* plan, list nodes, turns) except -1:
        """Keep the turns of an event, if there is room for them."""
        cdef int place
        if turns is None or len(nodes) != 1:
            return 0
        if self._turn_count + len(turns) > MOST_TURNS or self._turned_count + 2 * len(turns) + 1 > MOST_TURNED:
            return 0
        plan.turning = nodes[0]
        plan.turns, plan.first_turn, plan.first_turned = len(turns), self._turn_count, self._turned_count
        for turn in turns:
            self._turns[self._turn_count] = turn
            self._turn_count += 1
        for place in range(2 * plan.turns + 1):
            self._turned[plan.first_turned + place] = UNASKED
        self._turned_count += 2 * plan.turns + 1
        return 0

    def _node(self, path: tuple) -> int:
        """The node of a path; -1 when there is no room for it."""
        cdef int above = 0
        cdef int here
        cdef bytes key
        for name in path:
            key = name.encode("utf-8", "surrogatepass")
            here = self._nodes[above].below
            while here >= 0 and not _is_key(&self._nodes[here], <Bytes>PyBytes_AS_STRING(key), len(key)):
                here = self._nodes[here].beside
            if here < 0:
                if self._node_count == MOST_NODES:
                    return -1
                here = self._node_count
                self._node_count += 1
                self._keys.append(key)
                self._nodes[here].key = <Bytes>PyBytes_AS_STRING(key)
                self._nodes[here].length = len(key)
                self._nodes[here].below = -1
                self._nodes[here].line = -1
                self._nodes[here].beside = self._nodes[above].below
                self._nodes[above].below = here
            above = here
        return above

    cdef bint _exceeds(self, Plan* plan) noexcept nogil:
        """Whether a value is beyond one of the limits, or none that can be compared."""
        cdef int place
        cdef Limit* limit
        cdef Node* node
        cdef double value = 0
        for place in range(plan.first_limit, plan.first_limit + plan.limits):
            limit = &self._limits[place]
            node = &self._nodes[limit.node]
            if node.line != self._line or node.start[0] == 110:  # missing, or null
                continue
            if not _simple(node.start, node.end, &value):
                return True
            if is_beyond(limit, value):
                return True
        return False

    cdef int64_t _effect(self, Bytes p, Bytes end, int32_t event) except -4:
        """What an event does by the values that decide, each of which is asked about once."""
        cdef uint8_t key[LONGEST_KEY]
        cdef Py_ssize_t size = sizeof(int32_t)
        cdef Py_ssize_t length
        cdef Node* node
        cdef bint is_short = True
        cdef int place
        memcpy(key, &event, sizeof(int32_t))
        for place in self._reads[event]:
            node = &self._nodes[place]
            length = node.end - node.start if node.line == self._line else 0
            if size + length + 1 > LONGEST_KEY:
                is_short = False
                break
            if length:
                memcpy(key + size, node.start, length)
                size += length
            # No value has such a byte in it.
            key[size] = 0
            size += 1
        if not is_short:
            return self._does(self._event(event), PyBytes_FromStringAndSize(<const char*>p, end - p))
        held = PyBytes_FromStringAndSize(<char*>key, size)
        found = self._known.get(held)
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            found = self._does(self._event(event), PyBytes_FromStringAndSize(<const char*>p, end - p))
            self._known[held] = found
        return found

    # ------------------------------------------------------------------ one line
    cdef Bytes _parsed(self, Bytes p, Bytes end, Line* line) noexcept nogil:
        """Behind the record of a line, which is then in `line`; NULL where the line is odd or blank."""
        cdef Bytes key
        cdef Bytes stop
        cdef int part
        self._line += 1
        line.held = 0
        p = _blank(p, end)
        if p >= end or p[0] != 123:
            return NULL
        p += 1
        while True:
            p = _keyed(p, end, &key, &stop)
            if p is NULL:
                return NULL
            part = _part(key, stop - key)
            if part == OTHER:
                p = _word(p, end, "null", 4)
            elif part == 0:
                p = _value(p, end, 1)
            else:
                if line.held & part:
                    return NULL
                line.held |= part
                if part == TIME:
                    p = self._time(p, end, &line.time)
                elif part == PROPERTIES:
                    p = NULL if p[0] != 123 else self._properties(p + 1, end, 0, 2)
                elif p[0] != QUOTE:
                    return NULL
                else:
                    key = p + 1
                    stop = _name(key, end)
                    if stop is NULL or stop == key:
                        return NULL
                    p = stop + 1
                    if part == USER:
                        line.user = key
                        line.user_length = stop - key
                    else:
                        line.event = key
                        line.event_length = stop - key
            if p is not NULL:
                p = _behind(p, end, 125)
            if p is NULL:
                return NULL
            if p[0] == 125:
                break
            p += 1
        if line.held & (USER | TIME | EVENT) != (USER | TIME | EVENT):
            return NULL
        p = _blank(p + 1, end)
        return p if p == end else NULL

    cdef Bytes _properties(self, Bytes p, Bytes end, int node, int depth) noexcept nogil:
        """Behind a record below a node, whose values that are read are noted; NULL where one is there twice."""
        cdef Bytes key
        cdef Bytes stop
        cdef int here
        if depth > DEEPEST:
            return NULL
        p = _blank(p, end)
        if p < end and p[0] == 125:
            return p + 1
        while True:
            p = _keyed(p, end, &key, &stop)
            if p is NULL:
                return NULL
            here = self._nodes[node].below
            while here >= 0 and not _is_key(&self._nodes[here], key, stop - key):
                here = self._nodes[here].beside
            if here < 0:
                p = _value(p, end, depth)
            else:
                if self._nodes[here].line == self._line:
                    return NULL
                self._nodes[here].line = self._line
                self._nodes[here].start = p
                if p[0] == 123:
                    p = self._properties(p + 1, end, here, depth + 1)
                else:
                    p = _value(p, end, depth)
                self._nodes[here].end = p
            if p is not NULL:
                p = _behind(p, end, 125)
            if p is NULL:
                return NULL
            if p[0] == 125:
                return p + 1
            p += 1

    cdef Bytes _time(self, Bytes p, Bytes end, int64_t* time) noexcept nogil:
        """Behind a time, which is then in `time`: whole seconds or milliseconds, or RFC 3339 with an offset."""
        cdef Bytes stop
        if p[0] != QUOTE:
            stop = _number(p, end)
            if stop is NULL or not _seconds(p, stop, time):
                return NULL
        else:
            p += 1
            stop = _name(p, end)
            if stop is NULL or not self._instant(p, stop, time):
                return NULL
            stop += 1
        return stop if self._earliest <= time[0] <= self._latest else NULL

    cdef bint _instant(self, Bytes p, Bytes end, int64_t* time) noexcept nogil:
        """Whether a text is an instant of RFC 3339 with an offset and at most six digits after the point."""
        cdef int hour, minute, second, year, month, day
        cdef int64_t micros = 0
        cdef int64_t unit = 100000
        cdef int sign
        if end - p < 20 or p[10] != 84 or p[13] != 58 or p[16] != 58:
            return False
        if memcmp(p, self._day, 10):
            if p[4] != 45 or p[7] != 45:
                return False
            year, month, day = 100 * _two(p) + _two(p + 2), _two(p + 5), _two(p + 8)
            if _two(p) > 99 or _two(p + 2) > 99 or not 1 <= year or not 1 <= month <= 12:
                return False
            if not 1 <= day <= _days_of(year, month):
                return False
            memcpy(self._day, p, 10)
            self._day_number = _days(year, month, day)
        hour, minute, second = _two(p + 11), _two(p + 14), _two(p + 17)
        if hour > 23 or minute > 59 or second > 59:
            return False
        time[0] = self._day_number * 86400 + hour * 3600 + minute * 60 + second
        p += 19
        if p[0] == 46:
            p += 1
            if p >= end or not 48 <= p[0] <= 57:
                return False
            while p < end and 48 <= p[0] <= 57:
                micros += unit * (p[0] - 48)
                if not unit:
                    return False
                unit //= 10
                p += 1
            if p >= end:
                return False
        if p[0] == 90:
            if p + 1 != end:
                return False
        elif p[0] == 43 or p[0] == 45:
            sign = -1 if p[0] == 43 else 1
            if end - p != 6 or p[3] != 58:
                return False
            hour, minute = _two(p + 1), _two(p + 4)
            if hour > 23 or minute > 59:
                return False
            time[0] += sign * (hour * 3600 + minute * 60)
        else:
            return False
        time[0] = time[0] * 1000000 + micros
        return True


cdef inline bint _is_key(Node* node, Bytes key, Py_ssize_t length) noexcept nogil:
    return node.length == length and not memcmp(node.key, key, length)


cdef inline int _part(Bytes key, Py_ssize_t length) noexcept nogil:
    """Which part of a record a key stands for; 0 for none."""
    if length == 4:
        if not memcmp(key, "user", 4):
            return USER
        if not memcmp(key, "time", 4):
            return TIME
    elif length == 5:
        if not memcmp(key, "event", 5):
            return EVENT
        if not memcmp(key, "alias", 5):
            return OTHER
    elif length == 10:
        if not memcmp(key, "properties", 10):
            return PROPERTIES
    elif length == 2:
        if not memcmp(key, "id", 2):
            return OTHER
    elif length == 3:
        if not memcmp(key, "set", 3) or not memcmp(key, "add", 3):
            return OTHER
    elif length == 6:
        if not memcmp(key, "remove", 6):
            return OTHER
    return 0
