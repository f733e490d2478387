# Decisions as columns of numbers.

from libc.stdint cimport int32_t, int64_t


cdef struct Decision:
    int64_t time
    int64_t triggered
    int64_t due
    int64_t event  # the number of what triggered it, as it was added to `Happened`
    int64_t arrival  # of the input with which it was made; BY_TIMER: none
    int32_t user
    int32_t kind
    int32_t number


cdef enum:
    BY_TIMER = -1


cdef class Decisions:
    cdef Decision* held
    cdef Py_ssize_t count
    cdef Py_ssize_t room

    cdef int add(self, Decision* one) except -1 nogil
    cdef int sort(self) except -1
