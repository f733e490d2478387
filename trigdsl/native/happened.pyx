# cython: boundscheck=False, wraparound=False, cdivision=True
"""What happened to users, as columns, in any order → the same user by user, each in order of time, then arrival."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc


cdef int _compare(const void* one, const void* other) noexcept nogil:
    cdef const Happening* a = <const Happening*> one
    cdef const Happening* b = <const Happening*> other
    if a.time != b.time:
        return 1 if a.time > b.time else -1
    return (a.arrival > b.arrival) - (a.arrival < b.arrival)


cdef class Happened:
    """Add what happened, then `group` it once."""

    def __dealloc__(self):
        free(self.held); free(self.starts)

    def __len__(self):
        return self.count

    def add(self, int32_t user, int64_t time, int64_t arrival, int32_t effect):
        """One thing that happened; its number is how many were added before."""
        self.make_room(1)
        self.held[self.count] = Happening(time, arrival, self.count, user, effect)
        self.count += 1

    def extend(
        self,
        const int32_t[::1] users,
        const int64_t[::1] times,
        const int64_t[::1] arrivals,
        const int32_t[::1] effects,
        const int32_t[::1] user_of,
        const int32_t[::1] effect_of,
    ):
        """Many, whose users and effects are numbered otherwise: `user_of` and `effect_of` tell what they are here."""
        cdef Py_ssize_t i, n = users.shape[0]
        if times.shape[0] != n or arrivals.shape[0] != n or effects.shape[0] != n:
            raise ValueError("columns of different lengths")
        self.make_room(n)
        for i in range(n):
            self.held[self.count] = Happening(
                times[i], arrivals[i], self.count, user_of[users[i]], effect_of[effects[i]]
            )
            self.count += 1

    def marked(self, const unsigned char[::1] effects, Py_ssize_t users):
        """One byte for each of so many users: 1 for those to whom something with a marked effect happened."""
        made = bytearray(users)
        cdef unsigned char[::1] into = made
        cdef Py_ssize_t i
        for i in range(self.count):
            if effects[self.held[i].effect]:
                into[self.held[i].user] = 1
        return made

    def group(self, const int32_t[::1] ranks, Py_ssize_t users):
        """Order them by the rank of their user, of so many; then by time and arrival. Rank -1 is left out."""
        cdef Py_ssize_t i
        cdef int32_t rank
        cdef int64_t place, end
        cdef bint ordered
        self.starts = <int64_t*> calloc(users + 2, sizeof(int64_t))
        if self.starts == NULL:
            raise MemoryError
        self.users = users
        for i in range(self.count):
            rank = ranks[self.held[i].user]
            if rank >= 0:
                self.starts[rank + 2] += 1
        for i in range(users):
            self.starts[i + 2] += self.starts[i + 1]
        cdef Happening* grouped = <Happening*> malloc((self.starts[users + 1] + 1) * sizeof(Happening))
        if grouped == NULL:
            raise MemoryError
        # What is at rank + 1 moves from the start of a rank to its end, which is where the next one starts.
        for i in range(self.count):
            rank = ranks[self.held[i].user]
            if rank >= 0:
                grouped[self.starts[rank + 1]] = self.held[i]
                grouped[self.starts[rank + 1]].user = rank
                self.starts[rank + 1] += 1
        free(self.held)
        self.held = grouped
        self.count = self.room = self.starts[users]
        for i in range(users):
            place, end = self.starts[i], self.starts[i + 1]
            ordered = True
            while place + 1 < end and ordered:
                ordered = _compare(&grouped[place], &grouped[place + 1]) <= 0
                place += 1
            if not ordered:
                place = self.starts[i]
                qsort(&grouped[place], <size_t> (end - place), sizeof(Happening), _compare)

    cdef int make_room(self, Py_ssize_t more) except -1:
        cdef Py_ssize_t room
        if self.count + more > self.room:
            room = 2 * (self.count + more) + 1024
            grown = <Happening*> realloc(self.held, room * sizeof(Happening))
            if grown == NULL:
                raise MemoryError
            self.held, self.room = grown, room
        return 0
