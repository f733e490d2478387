# cython: boundscheck=False, wraparound=False, cdivision=True
"""Texts → numbers from 0, in the order in which they were first met; and numbers in the order of texts."""

from array import array

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, qsort, realloc
from libc.string cimport memcmp, memcpy, memset


cdef struct Text:
    const char* text
    int64_t length
    int32_t number


cdef int _compare(const void* one, const void* other) noexcept nogil:
    cdef const Text* a = <const Text*> one
    cdef const Text* b = <const Text*> other
    cdef int found = memcmp(a.text, b.text, <size_t> min(a.length, b.length))
    if found:
        return found
    return (a.length > b.length) - (a.length < b.length)


cdef uint32_t _hash(const char* text, int64_t length) noexcept nogil:
    """Eight bytes at a time, multiplied and folded."""
    cdef uint64_t value = 0x9E3779B97F4A7C15ULL ^ <uint64_t> length
    cdef uint64_t part
    while length >= 8:
        memcpy(&part, text, 8)
        value = (value ^ part) * 0xFF51AFD7ED558CCDULL
        value ^= value >> 32
        text += 8
        length -= 8
    part = 0
    if length:
        memcpy(&part, text, <size_t> length)
    value = (value ^ part) * 0xC4CEB9FE1A85EC53ULL
    value ^= value >> 29
    value *= 0xFF51AFD7ED558CCDULL
    return <uint32_t> (value >> 32)


cdef class Names:
    """A number for each text; texts are UTF-8."""

    def __cinit__(self):
        self.mask = 1023
        self.slots = <int32_t*> malloc((self.mask + 1) * sizeof(int32_t))
        if self.slots == NULL:
            raise MemoryError
        memset(self.slots, 0xFF, (self.mask + 1) * sizeof(int32_t))

    def __dealloc__(self):
        free(self.data); free(self.ends); free(self.hashes); free(self.slots)

    def __len__(self):
        return self.count

    def __getitem__(self, Py_ssize_t number):
        if not 0 <= number < self.count:
            raise IndexError(number)
        cdef int64_t start = start_of(self, number)
        return self.data[start:self.ends[number]].decode("utf-8", "surrogatepass")

    def number(self, str text):
        """The number of a text."""
        cdef bytes data = text.encode("utf-8", "surrogatepass")
        return self.put(data, len(data))

    def find(self, str text):
        """The number of a text; -1 for one that was never met."""
        cdef bytes data = text.encode("utf-8", "surrogatepass")
        cdef const char* start = data
        cdef Py_ssize_t slot
        return self.look(start, len(data), _hash(start, len(data)), &slot)

    def numbers(self, const int32_t[::1] offsets, const unsigned char[::1] data):
        """The numbers of the texts whose bytes end and begin at offsets into `data`, as an array of int32."""
        cdef Py_ssize_t count = offsets.shape[0] - 1, i
        cdef int32_t[::1] found
        cdef const char* texts = NULL
        made = array("i", bytes(4 * max(count, 0)))
        found = made
        if data.shape[0]:
            texts = <const char*> &data[0]
        for i in range(count):
            found[i] = self.put(texts + offsets[i], offsets[i + 1] - offsets[i])
        return made

    def packed(self):
        """All texts as bytes, for `numbers` of another: the offsets and the data."""
        cdef Py_ssize_t i
        if self.count and self.ends[self.count - 1] > 0x7FFFFFFF:
            raise OverflowError("the names of users take more than 2 GiB")
        offsets = array("i", bytes(4 * (self.count + 1)))
        cdef int32_t[::1] into = offsets
        for i in range(self.count):
            into[i + 1] = <int32_t> self.ends[i]
        return offsets.tobytes(), self.data[:start_of(self, self.count)] if self.count else b""

    def ordered(self, const unsigned char[::1] wanted):
        """The wanted texts in their order, as other names; and for each text its number there, -1: not wanted."""
        cdef Py_ssize_t i, count = 0
        cdef Text* texts = <Text*> malloc((self.count + 1) * sizeof(Text))
        cdef Names made = Names()
        ranks = array("i", bytes(4 * self.count))
        cdef int32_t[::1] into = ranks
        if texts == NULL:
            raise MemoryError
        try:
            for i in range(self.count):
                into[i] = -1
                if wanted[i]:
                    texts[count].text = self.data + start_of(self, i)
                    texts[count].length = self.ends[i] - start_of(self, i)
                    texts[count].number = <int32_t> i
                    count += 1
            with nogil:
                qsort(texts, <size_t> count, sizeof(Text), _compare)
            for i in range(count):
                into[texts[i].number] = <int32_t> i
                made.put(texts[i].text, texts[i].length)
        finally:
            free(texts)
        return made, ranks

    cdef int32_t put(self, const char* text, int64_t length) except -1:
        """The number of a text, which gets one if it has none."""
        cdef uint32_t hashed = _hash(text, length)
        cdef Py_ssize_t slot
        cdef int32_t number = self.look(text, length, hashed, &slot)
        cdef int64_t start, room
        if number >= 0:
            return number
        if self.count == self.room:
            self.grow()
        start = start_of(self, self.count)
        if start + length > self.data_room:
            room = 2 * (start + length) + 4096
            grown = <char*> realloc(self.data, <size_t> room)
            if grown == NULL:
                raise MemoryError
            self.data, self.data_room = grown, room
        if length:
            memcpy(self.data + start, text, <size_t> length)
        number = <int32_t> self.count
        self.ends[number] = start + length
        self.hashes[number] = hashed
        self.slots[slot] = number
        self.count += 1
        if 2 * self.count > self.mask:
            self.spread()
        return number

    cdef int32_t look(self, const char* text, int64_t length, uint32_t hashed, Py_ssize_t* slot) noexcept nogil:
        """The number of a text; -1 where it has none, and the slot that it would be found by."""
        cdef int32_t number
        cdef int64_t start
        slot[0] = hashed & self.mask
        while True:
            number = self.slots[slot[0]]
            if number < 0:
                return -1
            if self.hashes[number] == hashed:
                start = start_of(self, number)
                if self.ends[number] - start == length and memcmp(self.data + start, text, <size_t> length) == 0:
                    return number
            slot[0] = (slot[0] + 1) & self.mask

    cdef int grow(self) except -1:
        cdef Py_ssize_t room = 2 * self.room + 512
        ends = <int64_t*> realloc(self.ends, room * sizeof(int64_t))
        if ends == NULL:
            raise MemoryError
        self.ends = ends
        hashes = <uint32_t*> realloc(self.hashes, room * sizeof(uint32_t))
        if hashes == NULL:
            raise MemoryError
        self.hashes = hashes
        self.room = room
        return 0

    cdef int spread(self) except -1:
        """Make twice as many slots."""
        cdef Py_ssize_t mask = 2 * self.mask + 1, slot, i
        slots = <int32_t*> malloc((mask + 1) * sizeof(int32_t))
        if slots == NULL:
            raise MemoryError
        memset(slots, 0xFF, (mask + 1) * sizeof(int32_t))
        for i in range(self.count):
            slot = self.hashes[i] & mask
            while slots[slot] >= 0:
                slot = (slot + 1) & mask
            slots[slot] = <int32_t> i
        free(self.slots)
        self.slots, self.mask = slots, mask
        return 0
