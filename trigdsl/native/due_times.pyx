# cython: boundscheck=False, wraparound=False
"""Which users' timers are due next: a heap of times and users in 16 bytes each, see `trigdsl/engine/due_times.py`.

A list of tuples takes six times as much, and Python's garbage collector goes through it again and again.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from cpython.unicode cimport PyUnicode_Compare
from libc.stdint cimport int64_t

DEF LEAST_ROOM = 64


cdef struct Timer:
    int64_t due
    PyObject* user


cdef inline bint _is_before(Timer* one, Timer* other) except -1:
    if one.due != other.due:
        return one.due < other.due
    if one.user == other.user:
        return False
    return PyUnicode_Compare(<object> one.user, <object> other.user) < 0


# It holds texts alone, which hold nothing, so there is no circle that a collector would have to find.
@cython.no_gc
cdef class DueTimes:
    cdef Timer* held
    cdef Py_ssize_t count
    cdef Py_ssize_t room

    def __dealloc__(self):
        self.clear()

    def __len__(self):
        return self.count

    @property
    def first(self):
        return self.held[0].due if self.count else None

    def push(self, int64_t due, str user not None):
        cdef Py_ssize_t place = self.count, above
        cdef Timer timer
        if place == self.room:
            self.make_room(max(2 * place, LEAST_ROOM))
        timer.due, timer.user = due, <PyObject*> user
        Py_INCREF(user)
        self.count += 1
        while place:
            above = (place - 1) >> 1
            if not _is_before(&timer, &self.held[above]):
                break
            self.held[place] = self.held[above]
            place = above
        self.held[place] = timer

    def pop(self, int64_t until):
        cdef Timer first, last
        cdef Py_ssize_t place = 0, below = 1
        if not self.count or self.held[0].due > until:
            return None
        first = self.held[0]
        self.count -= 1
        last = self.held[self.count]
        while below < self.count:
            if below + 1 < self.count and _is_before(&self.held[below + 1], &self.held[below]):
                below += 1
            if not _is_before(&self.held[below], &last):
                break
            self.held[place] = self.held[below]
            place, below = below, 2 * below + 1
        self.held[place] = last
        if self.count < self.room >> 3 and self.room > LEAST_ROOM:
            self.make_room(self.room >> 1)
        user = <object> first.user
        Py_DECREF(user)
        return first.due, user

    def clear(self):
        cdef Py_ssize_t i, count = self.count
        cdef Timer* held = self.held
        self.held, self.count, self.room = NULL, 0, 0
        for i in range(count):
            Py_DECREF(<object> held[i].user)
        PyMem_Free(held)

    cdef int make_room(self, Py_ssize_t room) except -1:
        made = <Timer*> PyMem_Realloc(self.held, room * sizeof(Timer))
        if made == NULL:
            raise MemoryError
        self.held, self.room = made, room
        return 0
