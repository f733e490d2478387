# cython: boundscheck=False, wraparound=False, cdivision=True
"""Decisions as columns of numbers, which grow, and are put in order of time."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc


cdef struct Placed:
    uint64_t key
    Py_ssize_t place


cdef enum:
    DIGIT = 11  # bits that are sorted by at a time
    DIGITS = 1 << DIGIT


cdef class Decisions:
    """Decisions: read one with `decisions[number]`, as (time, user, kind, number of run, triggered, due, event, arrival).

    The arrival is that of the input with which it was made, -1 where a timer went off.
    """

    def __dealloc__(self):
        free(self.held)

    def __len__(self):
        return self.count

    def __getitem__(self, Py_ssize_t place):
        if not 0 <= place < self.count:
            raise IndexError(place)
        cdef Decision* one = &self.held[place]
        return one.time, one.user, one.kind, one.number, one.triggered, one.due, one.event, one.arrival

    cdef int add(self, Decision* one) except -1 nogil:
        cdef Decision* grown
        if self.count == self.room:
            grown = <Decision*> realloc(self.held, (2 * self.room + 1024) * sizeof(Decision))
            if grown == NULL:
                with gil:
                    raise MemoryError
            self.held = grown
            self.room = 2 * self.room + 1024
        self.held[self.count] = one[0]
        self.count += 1
        return 0

    cdef int sort(self) except -1:
        """Order them by time; those of one time stay as they were added."""
        cdef Py_ssize_t n = self.count, i, sum_, was
        cdef Py_ssize_t* starts
        cdef Placed *here
        cdef Placed *there
        cdef Decision* ordered
        cdef int64_t least
        cdef uint64_t most = 0
        cdef int shift = 0
        if n < 2:
            return 0
        least = self.held[0].time
        for i in range(n):
            least = min(least, self.held[i].time)
        starts = <Py_ssize_t*> malloc(DIGITS * sizeof(Py_ssize_t))
        here = <Placed*> malloc(n * sizeof(Placed))
        there = <Placed*> malloc(n * sizeof(Placed))
        ordered = <Decision*> malloc(n * sizeof(Decision))
        if starts == NULL or here == NULL or there == NULL or ordered == NULL:
            free(starts); free(here); free(there); free(ordered)
            raise MemoryError
        for i in range(n):
            here[i].key = <uint64_t> (self.held[i].time - least)
            here[i].place = i
            most = max(most, here[i].key)
        while shift < 64 and most >> shift:
            for i in range(DIGITS):
                starts[i] = 0
            for i in range(n):
                starts[(here[i].key >> shift) & (DIGITS - 1)] += 1
            sum_ = 0
            for i in range(DIGITS):
                was = starts[i]
                starts[i] = sum_
                sum_ += was
            for i in range(n):
                was = (here[i].key >> shift) & (DIGITS - 1)
                there[starts[was]] = here[i]
                starts[was] += 1
            here, there = there, here
            shift += DIGIT
        for i in range(n):
            ordered[i] = self.held[here[i].place]
        free(starts); free(here); free(there); free(self.held)
        self.held = ordered
        self.room = n
        return 0
