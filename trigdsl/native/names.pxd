# Texts, each with a number.

from libc.stdint cimport int32_t, int64_t, uint32_t


cdef class Names:
    cdef char* data  # the texts, one after the other
    cdef int64_t* ends  # where each ends
    cdef uint32_t* hashes
    cdef int32_t* slots  # open addressing; -1 is free
    cdef readonly Py_ssize_t count
    cdef Py_ssize_t room
    cdef int64_t data_room
    cdef Py_ssize_t mask

    cdef int32_t look(self, const char* text, int64_t length, uint32_t hashed, Py_ssize_t* slot) noexcept nogil
    cdef int32_t put(self, const char* text, int64_t length) except -1
    cdef int grow(self) except -1
    cdef int spread(self) except -1


cdef inline int64_t start_of(Names names, Py_ssize_t number) noexcept nogil:
    return names.ends[number - 1] if number else 0
