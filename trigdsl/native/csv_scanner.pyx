# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows of CSV that hold a plain event each → who did what when; which of them pass, are wanted, or do something.

A row is taken only if it has as many cells as the header, quotes beyond doubt, a user, an event, a time of RFC 3339 with
its offset or a whole number, and nothing in the columns that say something else.  Of its other cells only those are
looked at that decide.  The scanner stops at every other row, and says where; see `scanner.pyx`.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memchr, memcpy

from trigdsl.native.json_text cimport Bytes, QUOTE, _number, _simple
from trigdsl.native.scanner cimport LONGEST_KEY, MOST_KNOWN, Line, Plan, Scanner, _PASSES, _seconds, is_beyond

cdef enum:
    COMMA = 44
    BREAK = 10
    RETURN = 13
    MOST_WHOLE_DIGITS = 18

    # What a row turned out to be.
    ODD_ROW = 0
    BLANK_ROW = 1
    GOOD_ROW = 2


cdef struct Cell:
    # Its text, without the quotes around it; where it `is_doubled`, two quotes in it stand for one.
    Bytes start
    Bytes end
    bint is_doubled


cdef inline Bytes _quoted(Bytes p, Bytes end, Cell* cell, Py_ssize_t* breaks) noexcept nogil:
    """Behind the quoted cell whose opening quote is at `p`; NULL where its quote is not closed."""
    cdef Bytes here = p + 1
    cell.start = here
    cell.is_doubled = False
    while True:
        here = <Bytes>memchr(here, QUOTE, end - here)
        if here is NULL:
            return NULL
        if here + 1 == end or here[1] != QUOTE:
            break
        cell.is_doubled = True
        here += 2
    cell.end = here
    p = <Bytes>memchr(cell.start, BREAK, here - cell.start)
    while p is not NULL:
        breaks[0] += 1
        p = <Bytes>memchr(p + 1, BREAK, here - p - 1)
    return here + 1


cdef inline Bytes _unquoted(Bytes p, Bytes end, Cell* cell) noexcept nogil:
    """Behind the cell without quotes around it that starts at `p`: at a comma, a line break, a return, or the end."""
    cell.start = p
    cell.is_doubled = False
    while p < end and (p[0] > COMMA or (p[0] != COMMA and p[0] != BREAK and p[0] != RETURN)):
        p += 1
    cell.end = p
    return p


cdef inline Bytes _behind_row(Bytes p, Bytes end, bint* is_over) noexcept nogil:
    """Behind the comma or the line break behind a cell; NULL where neither is there."""
    is_over[0] = True
    if p == end:
        return p
    if p[0] == COMMA:
        is_over[0] = False
        return p + 1
    if p[0] == RETURN:
        p += 1
    return p + 1 if p < end and p[0] == BREAK else NULL


cdef class CsvScanner(Scanner):
    """Scans blocks of CSV rows, of `width` cells, as a `Scanner` scans lines.

    The first arguments are those of a `Scanner`, but that paths are numbers of columns; `does(event, properties)` is
    asked with a row's properties.  `places` are the columns of user, time, event and id (-1: none); `empty` those that a
    row has nothing in.  `flat` are the columns of properties with their keys, `nested` those of properties in other
    records, with these and their keys, in the order in which they are put together.  `value(text)` is what the text of
    a cell stands for.
    """

    cdef int _width
    cdef Cell* _cells
    cdef int _user_at, _time_at, _event_at, _id_at
    cdef list _empty
    cdef list _flat
    cdef list _nested
    cdef object _value

    def __cinit__(self):
        self._cells = NULL

    def __init__(
        self, meet, does, longest, earliest, latest, until, is_sorted, width, places, empty, flat, nested, value
    ):
        Scanner.__init__(self, meet, does, longest, earliest, latest, until, is_sorted)
        self._width = width
        self._cells = <Cell*>PyMem_Malloc(width * sizeof(Cell))
        if self._cells is NULL:
            raise MemoryError
        self._user_at, self._time_at, self._event_at, self._id_at = places
        self._empty, self._flat, self._nested, self._value = list(empty), list(flat), list(nested), value

    def __dealloc__(self):
        PyMem_Free(self._cells)

    def scan(self, block: bytes, start: int) -> int:
        """Take rows from a place on; where the first one starts that is odd, else the end of the block.

        The block must be UTF-8, and a row begin at the place.
        """
        cdef Bytes begin = <Bytes>PyBytes_AS_STRING(block)
        cdef Bytes end = begin + PyBytes_GET_SIZE(block)
        cdef Bytes p = begin + <Py_ssize_t>start
        cdef Bytes behind = NULL
        cdef Py_ssize_t breaks
        cdef Line line
        cdef int found
        self.lines = 0
        while p < end:
            breaks = 0
            found = self._row(p, end, &behind, &breaks)
            if found == ODD_ROW:
                break
            if found == GOOD_ROW:
                if behind - p > self._longest or not self._said(&line) or not self._settled(p, behind, &line):
                    break
            self.lines += 1 + breaks
            p = behind
        return p - begin

    # ------------------------------------------------------------------ one row
    cdef int _row(self, Bytes p, Bytes end, Bytes* behind, Py_ssize_t* breaks) noexcept nogil:
        """Cut the row at `p` into its cells; what it turned out to be."""
        cdef int column
        cdef bint is_over = False
        cdef Bytes start = p
        for column in range(self._width):
            if p < end and p[0] == QUOTE:
                p = _quoted(p, end, &self._cells[column], breaks)
                if p is NULL:
                    return ODD_ROW
            else:
                p = _unquoted(p, end, &self._cells[column])
            p = _behind_row(p, end, &is_over)
            if p is NULL:
                return ODD_ROW
            if is_over:
                break
        if not is_over or column + 1 < self._width:
            if is_over and column == 0 and _is_blank(start, self._cells[0].end):
                behind[0] = p
                return BLANK_ROW
            return ODD_ROW
        behind[0] = p
        return GOOD_ROW

    cdef bint _said(self, Line* line) except -1:
        """Whether a row says who did what when and nothing beside, which is then in `line`."""
        cdef Cell* cell
        cdef int column
        for column in self._empty:
            if self._cells[column].end != self._cells[column].start:
                return False
        cell = &self._cells[self._user_at]
        line.user, line.user_length = cell.start, cell.end - cell.start
        if not line.user_length or cell.is_doubled:
            return False
        cell = &self._cells[self._event_at]
        line.event, line.event_length = cell.start, cell.end - cell.start
        if not line.event_length or cell.is_doubled:
            return False
        line.id_length = 0
        if self._id_at >= 0:
            cell = &self._cells[self._id_at]
            line.id, line.id_length = cell.start, cell.end - cell.start
            if cell.is_doubled:
                return False
        cell = &self._cells[self._time_at]
        if not self._instant(cell.start, cell.end, &line.time) and not _seconds(cell.start, cell.end, &line.time):
            return False
        return self._earliest <= line.time <= self._latest

    cdef Bytes _parsed(self, Bytes p, Bytes end, Line* line) noexcept nogil:
        """Nothing is to be done when more columns are to be read: all cells are known."""
        return end

    def _node(self, column: int) -> int:
        """Columns stand for themselves."""
        return column

    cdef bint _number_at(self, int node, double* value) noexcept nogil:
        """Whether the value of a column is an ordinary number, which is then in `value`."""
        cdef Cell* cell = &self._cells[node]
        if cell.start == cell.end or not (cell.start[0] == 45 or 48 <= cell.start[0] <= 57):
            return False
        return _number(cell.start, cell.end) == cell.end and _simple(cell.start, cell.end, value)

    cdef bint _exceeds(self, Plan* plan) noexcept nogil:
        """Whether a value is beyond one of the limits, or none that can be compared."""
        cdef int place
        cdef double value = 0
        cdef Cell* cell
        for place in range(plan.first_limit, plan.first_limit + plan.limits):
            cell = &self._cells[self._limits[place].node]
            if cell.start == cell.end:
                continue
            if not self._number_at(self._limits[place].node, &value):
                return True
            if is_beyond(&self._limits[place], value):
                return True
        return False

    cdef int64_t _effect(self, Bytes p, Bytes end, int32_t event) except -4:
        """What an event does by the texts of the cells that decide, each of which is asked about once."""
        cdef uint8_t key[LONGEST_KEY]
        cdef Py_ssize_t size = sizeof(int32_t)
        cdef int32_t length
        cdef Cell* cell
        cdef int column
        memcpy(key, &event, sizeof(int32_t))
        for column in self._reads[event]:
            cell = &self._cells[column]
            if size + <Py_ssize_t>sizeof(int32_t) + (cell.end - cell.start) > LONGEST_KEY:
                return self._does(self._event(event), self._properties_of_row())
            length = <int32_t>(cell.end - cell.start)
            # Two quotes that stand for one have the sign, since they may also stand for themselves.
            length = -length if cell.is_doubled else length
            memcpy(key + size, &length, sizeof(int32_t))
            size += sizeof(int32_t)
            memcpy(key + size, cell.start, cell.end - cell.start)
            size += cell.end - cell.start
        held = PyBytes_FromStringAndSize(<char*>key, size)
        found = self._known.get(held)
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            found = self._does(self._event(event), self._properties_of_row())
            self._known[held] = found
        return found

    cdef int _want(self, Bytes p, Bytes end, Line* line, int32_t event) except -1:
        cdef str user
        if line.time <= self._until and not line.id_length:
            user = self._user(self.users.put(<const char*>line.user, line.user_length))
        else:
            # One that turns out to be a duplicate, or comes after the end, is nobody's.
            user = _decoded(line.user, line.user_length)
        if self._is_sorted and line.time <= self._until:
            self.last = line.time
        identity = _decoded(line.id, line.id_length) if line.id_length else None
        # What cannot matter is wanted for its id alone.
        held = self._properties_of_row() if self._may_matter(&self._plans[event]) or identity is None else None
        self.wanted.append((user, line.time, self._event(event), held or None, self.arrived, identity))
        self.arrived += 1
        return 0

    cdef bint _may_matter(self, Plan* plan) noexcept nogil:
        """Whether an event of the present row may matter."""
        return plan.kind != _PASSES and (not plan.is_limited or self._exceeds(plan))

    # ------------------------------------------------------------------ values
    cdef dict _properties_of_row(self):
        """The properties of the present row."""
        cdef dict made = {}
        cdef dict here
        cdef Cell* cell
        cdef int column
        for column, key in self._flat:
            cell = &self._cells[column]
            if cell.end != cell.start:
                made[key] = self._value_of(cell)
        for column, records, key in self._nested:
            cell = &self._cells[column]
            if cell.end != cell.start:
                here = made
                for name in records:
                    here = here.setdefault(name, {})
                here[key] = self._value_of(cell)
        return made

    cdef object _value_of(self, Cell* cell):
        """What the text of a cell that is not empty stands for."""
        cdef int first = cell.start[0]
        cdef Py_ssize_t length = cell.end - cell.start
        cdef double number = 0
        cdef bint may_be_number = first == 45 or 48 <= first <= 57
        if may_be_number and _number(cell.start, cell.end) == cell.end:
            if _is_whole(cell.start, cell.end):
                if length <= MOST_WHOLE_DIGITS:
                    return _whole(cell.start, cell.end)
            elif _simple(cell.start, cell.end, &number):
                return number
        text = _decoded(cell.start, length)
        if cell.is_doubled:
            text = text.replace('""', '"')
        # All that may be no text is short, or begins as a number does.
        return self._value(text) if may_be_number or length <= 5 else text


cdef inline bint _is_blank(Bytes p, Bytes end) noexcept nogil:
    while p < end and (p[0] == 32 or p[0] == 9):
        p += 1
    return p == end


cdef inline bint _is_whole(Bytes p, Bytes end) noexcept nogil:
    """Whether a number has neither a point nor an exponent."""
    p += p[0] == 45
    while p < end and 48 <= p[0] <= 57:
        p += 1
    return p == end


cdef inline int64_t _whole(Bytes p, Bytes end) noexcept nogil:
    cdef int64_t number = 0
    cdef bint is_negative = p[0] == 45
    p += is_negative
    while p < end:
        number = 10 * number + p[0] - 48
        p += 1
    return -number if is_negative else number


cdef inline str _decoded(Bytes text, Py_ssize_t length):
    return PyUnicode_DecodeUTF8(<const char*>text, length, NULL)


def row_start(const unsigned char[::1] data, Py_ssize_t start, Py_ssize_t target, Py_ssize_t longest, int width):
    """The place of the first row from `target` on, if one begins at `start`, and True.

    Where the data end before: the place of the last row that begins in them.  With False where a row is not beyond
    doubt: text behind a closing quote, a return that ends no line, more bytes than `longest`, or line breaks in a row that
    has not `width` cells, of which no more than the first line is given up.
    """
    cdef Bytes begin = <Bytes>&data[0] if data.shape[0] else NULL
    cdef Bytes end = begin + data.shape[0]
    cdef Bytes p = begin + start
    cdef Bytes goal = begin + target
    cdef Bytes quote
    cdef Bytes stop
    cdef Bytes line
    cdef bint is_over
    cdef Py_ssize_t breaks
    cdef int cells
    cdef Cell cell
    while p < goal and p < end:
        quote = <Bytes>memchr(p, QUOTE, end - p)
        stop = end if quote is NULL else quote
        # Of lines without a quote each is a row, so the first break behind the target will do.
        if goal - 1 < stop:
            line = <Bytes>memchr(goal - 1, BREAK, stop - goal + 1)
            if line is not NULL:
                return line + 1 - begin, True
        line = stop
        while line > p and (line - 1)[0] != BREAK:
            line -= 1
        p = line
        if quote is NULL:
            return p - begin, end - p <= longest
        is_over = False
        breaks = cells = 0
        while not is_over:
            cells += 1
            if p < end and p[0] == QUOTE:
                p = _quoted(p, end, &cell, &breaks)
            else:
                p = _unquoted(p, end, &cell)
            if p is NULL or p == end or (p + 1 == end and p[0] == RETURN):
                # The rest is to come, unless it is too long already.
                return line - begin, end - line <= longest
            p = _behind_row(p, end, &is_over)
            if p is NULL or p - line > longest:
                return line - begin, False
        if breaks and cells != width:
            return line - begin, False
    return p - begin, True
