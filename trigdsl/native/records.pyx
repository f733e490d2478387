# cython: boundscheck=False, wraparound=False
"""Records as dicts, written in the ordinary way → inputs: see `trigdsl/records/native.py`, which takes all others.

What is not exactly of a usual type, whole, finite and of characters that a file can hold makes it give up on the
record, so that there is one place where it is decided and worded what is wrong.
"""

from cpython.dict cimport PyDict_Copy, PyDict_GetItem, PyDict_Next, PyDict_SetItem
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ_CHAR
from libc.math cimport isfinite
from libc.stdint cimport int64_t

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1
    int PyUnicode_IS_ASCII(object text)
    bint PyDict_CheckExact(object value)
    bint PyBool_Check(object value)

cdef extern from *:
    """
    #define MOST_EXACT (INT64_C(1) << 53)
    #define MOST_SECONDS INT64_C(100000000000)
    #define SURELY_THERE INT64_C(10000000000000)
    """
    const int64_t MOST_EXACT
    const int64_t MOST_SECONDS
    const int64_t SURELY_THERE


cdef bint _is_text(object text):
    """Whether a file can hold a text: half of a surrogate pair is no character."""
    cdef Py_ssize_t i
    if PyUnicode_IS_ASCII(text) or PyUnicode_KIND(text) == 1:
        return True
    for i in range(PyUnicode_GET_LENGTH(text)):
        if 0xD800 <= PyUnicode_READ_CHAR(text, i) <= 0xDFFF:
            return False
    return True


cdef inline bint _is_name(object value):
    """Whether a value is text that needs no further look, and not empty."""
    return PyUnicode_CheckExact(value) and PyUnicode_GET_LENGTH(value) and _is_text(value)


cdef inline bint _is_there(dict record, object name):
    cdef PyObject* found = PyDict_GetItem(record, name)
    return found != NULL and <object> found is not None


cdef inline bint _is_exact(object value) except -1:
    cdef int overflow = 0
    cdef int64_t number = PyLong_AsLongLongAndOverflow(value, &overflow)
    return not overflow and -MOST_EXACT <= number <= MOST_EXACT


cdef inline bint _is_simple(object value) except -1:
    """Whether a value can be taken as it is."""
    if PyUnicode_CheckExact(value):
        return _is_text(value)
    if PyFloat_CheckExact(value):
        return isfinite(PyFloat_AS_DOUBLE(value))
    if PyLong_CheckExact(value):
        return _is_exact(value)
    return value is None or PyBool_Check(value)


cdef dict _copied(dict record, int left):
    """A deep copy of a record, None where it needs a further look; `left` more levels may stand in one another."""
    cdef PyObject* key
    cdef PyObject* value
    cdef Py_ssize_t place = 0
    if not left:
        return None
    made = PyDict_Copy(record)
    while PyDict_Next(made, &place, &key, &value):
        if not (PyUnicode_CheckExact(<object> key) and _is_text(<object> key)):
            return None
        if not _is_simple(<object> value):
            held = _held(<object> value, left - 1)
            if held is None:
                return None
            # A key that is there already: the dict keeps its shape, so that it can be gone through on.
            PyDict_SetItem(made, <object> key, held)
    return made


cdef object _held(object value, int left):
    """A deep copy of a list or record, None where it needs a further look."""
    if PyDict_CheckExact(value):
        return _copied(<dict> value, left)
    if not PyList_CheckExact(value) or not left:
        return None
    made = (<list> value)[:]
    cdef Py_ssize_t i
    for i in range(len(made)):
        if not _is_simple(made[i]):
            held = _held(made[i], left - 1)
            if held is None:
                return None
            made[i] = held
    return made


cdef class Taker:
    """`take` gives the input of a record, None when it needs a further look.

    `parse_time` tells all times but whole numbers, and raises for what is none; events of `reserved` names are not
    taken, nor what nests deeper than `deepest`.
    """

    cdef object make, parse_time
    cdef frozenset reserved
    cdef int deepest

    def __init__(self, make, parse_time, frozenset reserved, int deepest):
        self.make, self.parse_time, self.reserved, self.deepest = make, parse_time, reserved, deepest

    def take(self, dict record not None):
        cdef int64_t at
        cdef PyObject* found
        cdef dict properties = None
        cdef object user, event, record_id = None, time
        found = PyDict_GetItem(record, "user")
        if found == NULL or not _is_name(<object> found):
            return None
        user = <object> found
        found = PyDict_GetItem(record, "event")
        if found == NULL or not _is_name(<object> found) or <object> found in self.reserved:
            return None
        event = <object> found
        if (
            _is_there(record, "set") or _is_there(record, "add") or _is_there(record, "remove")
            or _is_there(record, "alias") or PyDict_GetItem(record, "batch") != NULL
        ):
            return None
        found = PyDict_GetItem(record, "id")
        if found != NULL and <object> found is not None:
            if not _is_name(<object> found):
                return None
            record_id = <object> found
        found = PyDict_GetItem(record, "properties")
        if found != NULL and <object> found is not None:
            if not PyDict_CheckExact(<object> found):
                return None
            properties = _copied(<dict> found, self.deepest)
            if properties is None:
                return None
        found = PyDict_GetItem(record, "time")
        if found == NULL or <object> found is None:
            return None
        time = <object> found
        if PyLong_CheckExact(time) and _is_exact(time) and 0 <= <int64_t> time <= SURELY_THERE:
            at = time
            time = at * (1000 if at > MOST_SECONDS else 1_000_000)
        elif PyUnicode_CheckExact(time):
            time = self.parse_time(time)[0]
        else:
            return None
        return self.make(user, time, event, properties, None, None, None, record_id)
