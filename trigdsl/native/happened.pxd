# What happened to users, as columns, and user by user.

from libc.stdint cimport int32_t, int64_t


cdef struct Happening:
    int64_t time
    int64_t arrival
    int64_t event  # its number, in the order of adding
    int32_t user
    int32_t effect


cdef class Happened:
    cdef Happening* held
    cdef readonly Py_ssize_t count
    cdef Py_ssize_t room
    # Where each user's begin, once they are grouped; one more than there are users.
    cdef int64_t* starts
    cdef readonly Py_ssize_t users

    cdef int make_room(self, Py_ssize_t more) except -1
