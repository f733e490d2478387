# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows of events as columns of numbers → the rows of each shard of their users."""

from libc.stdint cimport int32_t, int64_t

from trigdsl.native.names cimport Names

from array import array
from zlib import crc32


def split_rows(offsets, data, users, times, arrivals, effects, shards, more):
    """The rows of each shard of the users, to whose arrivals `more` is added.

    All are bytes: the offsets of the users' names (int32) into `data`, the numbers of users among them (int32), times,
    arrivals (int64), and effects (int32).
    """
    cdef const int32_t[::1] ends = memoryview(offsets).cast("i")
    cdef const int32_t[::1] of_users = memoryview(users).cast("i")
    cdef const int64_t[::1] at = memoryview(times).cast("q")
    cdef const int64_t[::1] arrived = memoryview(arrivals).cast("q")
    cdef const int32_t[::1] did = memoryview(effects).cast("i")
    cdef Py_ssize_t name, row, place
    cdef Py_ssize_t count = len(ends) - 1
    cdef int32_t shard
    cdef int32_t wanted
    cdef int64_t base = more
    cdef const unsigned char[::1] texts = data
    shard_of = array("i", bytes(sizeof(int32_t) * count))
    cdef int32_t[::1] shard_of_user = shard_of
    cdef int32_t[::1] into_users, into_effects
    cdef int64_t[::1] into_times, into_arrivals
    cdef Names names
    sizes = array("q", bytes(sizeof(int64_t) * shards))
    cdef int64_t[::1] size = sizes
    if shards > 1:
        for name in range(count):
            shard_of_user[name] = crc32(data[ends[name]:ends[name + 1]]) % shards
    for row in range(len(of_users)):
        size[shard_of_user[of_users[row]]] += 1
    number = array("i", bytes(sizeof(int32_t) * count))
    cdef int32_t[::1] number_of_user = number
    made = []
    for wanted in range(shards):
        names = Names()
        columns = [array(kind, bytes(width * sizes[wanted])) for kind, width in (("i", 4), ("q", 8), ("q", 8), ("i", 4))]
        into_users, into_times, into_arrivals, into_effects = columns
        for name in range(count):
            if shard_of_user[name] == wanted:
                number_of_user[name] = names.put(<const char*>&texts[0] + ends[name], ends[name + 1] - ends[name])
        place = 0
        for row in range(len(of_users)):
            if shard_of_user[of_users[row]] == wanted:
                into_users[place] = number_of_user[of_users[row]]
                into_times[place] = at[row]
                into_arrivals[place] = arrived[row] + base
                into_effects[place] = did[row]
                place += 1
        made.append((*names.packed(), *(column.tobytes() for column in columns)))
    return made
