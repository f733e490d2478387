# A batch of decisions as bytes: what the writer of lines hands over, and who merges shards takes.
#
# First comes a Header, then `count` Entries, then the lines themselves, one after the other.  The bytes may begin at
# any address, so they are copied out.

from libc.stdint cimport int32_t, int64_t


cdef struct Header:
    int64_t count
    int64_t pending  # 1 if these are decisions that are pending, which come last


cdef struct Entry:
    int64_t time
    int32_t user
    int32_t kind
    int64_t length  # of the line
