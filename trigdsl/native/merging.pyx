# cython: boundscheck=False, wraparound=False, cdivision=True
"""Batches of decisions of several shards, each in order → the lines of all, in order, and how many there are of a kind."""

from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from trigdsl.native.batches cimport Entry, Header
from trigdsl.native.names cimport Names, start_of


cdef struct Stream:
    const char* entries  # those that are left of the batch that is held
    const char* lines
    int64_t left
    int64_t pending
    Entry entry  # the next one
    bint over


cdef class Merger:
    """`users` are those of each shard. While `wanting` names a shard, `give` its next batch; then `take`."""

    cdef list users, batches
    cdef Stream* streams
    cdef int count
    cdef int64_t[::1] counts
    cdef object lines  # a bytearray into which they go

    def __init__(self, users, int64_t[::1] counts):
        """`counts` has a number for each kind; it is for use in here."""
        self.users = list(users)
        self.count = len(self.users)
        self.batches = [None] * self.count
        self.counts = counts
        self.lines = bytearray()
        self.streams = <Stream*> calloc(self.count + 1, sizeof(Stream))
        if self.streams == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.streams)

    def wanting(self):
        """The number of a shard whose next batch is needed; None when there is none."""
        cdef int shard
        for shard in range(self.count):
            if not self.streams[shard].left and not self.streams[shard].over:
                return shard
        return None

    def give(self, int shard, const unsigned char[::1] batch):
        """The next batch of a shard, as `Lines` makes them; None after its last."""
        cdef Stream* stream = &self.streams[shard]
        cdef Header header
        cdef const char* data
        if batch is None:
            self.batches[shard] = None
            stream.over = True
            return
        data = <const char*> &batch[0]
        memcpy(&header, data, sizeof(Header))
        self.batches[shard] = batch
        stream.entries = data + sizeof(Header)
        stream.lines = stream.entries + header.count * sizeof(Entry)
        stream.left, stream.pending = header.count, header.pending
        if stream.left:
            memcpy(&stream.entry, stream.entries, sizeof(Entry))

    def take(self):
        """The lines up to where a shard's next batch is needed, and (kind, how many) in order of their first ones.

        The lines are there until this is called again.
        """
        cdef int64_t room = 0, length = 0
        cdef int shard, first
        cdef Stream* stream
        cdef char* into
        kinds = []
        for shard in range(self.count):
            room += self.rest(&self.streams[shard])
        if len(self.lines) < room:
            self.lines = bytearray(room)
        into = PyByteArray_AS_STRING(self.lines)
        while True:
            first = -1
            for shard in range(self.count):
                stream = &self.streams[shard]
                if stream.left:
                    if first < 0 or self.comes_before(shard, first):
                        first = shard
                elif not stream.over:
                    first = -1
                    break
            if first < 0:
                break
            stream = &self.streams[first]
            memcpy(into + length, stream.lines, stream.entry.length)
            length += stream.entry.length
            stream.lines += stream.entry.length
            if not self.counts[stream.entry.kind]:
                kinds.append(stream.entry.kind)
            self.counts[stream.entry.kind] += 1
            stream.entries += sizeof(Entry)
            stream.left -= 1
            if stream.left:
                memcpy(&stream.entry, stream.entries, sizeof(Entry))
        counted = []
        for kind in kinds:
            counted.append((kind, self.counts[kind]))
            self.counts[kind] = 0
        return memoryview(self.lines)[:length], counted

    cdef int64_t rest(self, Stream* stream) noexcept:
        """How long the lines are that are left of a stream's batch."""
        cdef int64_t length = 0, place
        cdef Entry entry
        for place in range(stream.left):
            memcpy(&entry, stream.entries + place * sizeof(Entry), sizeof(Entry))
            length += entry.length
        return length

    cdef bint comes_before(self, int one, int other) noexcept:
        """Whether the next decision of a shard comes before another's: by time, then by the user's name."""
        cdef Stream* a = &self.streams[one]
        cdef Stream* b = &self.streams[other]
        cdef Names of_a, of_b
        cdef int64_t length_a, length_b
        cdef int found
        if a.pending != b.pending:
            return a.pending < b.pending
        if a.entry.time != b.entry.time:
            return a.entry.time < b.entry.time
        of_a, of_b = <Names> self.users[one], <Names> self.users[other]
        length_a = of_a.ends[a.entry.user] - start_of(of_a, a.entry.user)
        length_b = of_b.ends[b.entry.user] - start_of(of_b, b.entry.user)
        found = memcmp(
            of_a.data + start_of(of_a, a.entry.user), of_b.data + start_of(of_b, b.entry.user), min(length_a, length_b)
        )
        return found < 0 if found else length_a < length_b
