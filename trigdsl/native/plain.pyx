"""Whether MessagePack can hold a value as it is: see `trigdsl/store/packing.py`."""

from cpython.datetime cimport PyDateTime_CheckExact, import_datetime
from cpython.dict cimport PyDict_Next
from cpython.float cimport PyFloat_CheckExact
from cpython.list cimport PyList_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object number, int* overflow) except? -1
    bint PyDict_CheckExact(object value)
    bint PyBool_Check(object value)

import_datetime()


cdef enum:
    DEEPEST = 100


def is_plain(value: object) -> bool:
    """Whether a value is of the types that are MessagePack's own all through.

    Of some large numbers, and of what is nested deeper than records can be, False as well: Python then sees to it.
    """
    return _is_plain(value, DEEPEST)


cdef bint _is_plain(object value, int deeper) except -1:
    cdef PyObject* key
    cdef PyObject* held
    cdef Py_ssize_t place = 0
    cdef int overflow = 0
    if PyUnicode_CheckExact(value) or PyFloat_CheckExact(value) or value is None or PyBool_Check(value):
        return True
    if PyLong_CheckExact(value):
        PyLong_AsLongLongAndOverflow(value, &overflow)
        return not overflow
    if PyDateTime_CheckExact(value):
        return True
    if not deeper:
        return False
    if PyDict_CheckExact(value):
        while PyDict_Next(value, &place, &key, &held):
            if not _is_plain(<object> held, deeper - 1):
                return False
        return True
    if PyList_CheckExact(value):
        for one in <list> value:
            if not _is_plain(one, deeper - 1):
                return False
        return True
    return False
