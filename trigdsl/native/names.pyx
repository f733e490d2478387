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


cdef enum:
    AHEAD = 16


cdef inline uint32_t _tag(uint32_t hashed, int64_t length) noexcept nogil:
    return (hashed & 0xFFFFFF00u) | <uint32_t> min(length, 255)


cdef Slot* _free_slots(Py_ssize_t count) except NULL:
    cdef Slot* slots = <Slot*> malloc(count * sizeof(Slot))
    if slots == NULL:
        raise MemoryError
    memset(slots, 0xFF, count * sizeof(Slot))
    return slots


cdef class Names:
    """A number for each text; texts are UTF-8."""

    def __cinit__(self):
        self.mask = 1023
        self.slots = _free_slots(self.mask + 1)

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
        return self.look(start, len(data), hash_of(start, len(data)), &slot)

    def numbers(self, const int32_t[::1] offsets, const unsigned char[::1] data):
        """The numbers of the texts whose bytes end and begin at offsets into `data`, as an array of int32."""
        cdef Py_ssize_t count = offsets.shape[0] - 1, i
        cdef int32_t[::1] found
        cdef const char* texts = NULL
        made = array("i", bytes(4 * max(count, 0)))
        found = made
        if data.shape[0]:
            texts = <const char*> &data[0]
        # Of some texts ahead of others the memory is fetched that will be looked at.
        for i in range(count + AHEAD):
            if i < count:
                fetch_slot(self, hash_of(texts + offsets[i], offsets[i + 1] - offsets[i]))
            if i >= AHEAD:
                found[i - AHEAD] = self.put(texts + offsets[i - AHEAD], offsets[i - AHEAD + 1] - offsets[i - AHEAD])
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
        return self.put_hashed(text, length, hash_of(text, length))

    cdef int32_t put_hashed(self, const char* text, int64_t length, uint32_t hashed) except -1:
        """The same where its hash is known."""
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
        self.slots[slot] = Slot(head_of(text, length), _tag(hashed, length), number)
        self.count += 1
        if 2 * self.count > self.mask:
            self.spread()
        return number

    cdef int32_t look(self, const char* text, int64_t length, uint32_t hashed, Py_ssize_t* slot) noexcept nogil:
        """The number of a text; -1 where it has none, and the slot that it would be found by."""
        cdef uint64_t head = head_of(text, length)
        cdef uint32_t tag = _tag(hashed, length)
        cdef Slot* at
        cdef int64_t start
        slot[0] = hashed & self.mask
        while True:
            at = &self.slots[slot[0]]
            if at.number < 0:
                return -1
            if at.head == head and at.tag == tag:
                if length <= 8:
                    return at.number
                start = start_of(self, at.number)
                if self.ends[at.number] - start == length and not memcmp(
                    self.data + start + 8, text + 8, <size_t> length - 8
                ):
                    return at.number
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
        cdef Slot* slots = _free_slots(mask + 1)
        for i in range(self.mask + 1):
            if self.slots[i].number >= 0:
                slot = self.hashes[self.slots[i].number] & mask
                while slots[slot].number >= 0:
                    slot = (slot + 1) & mask
                slots[slot] = self.slots[i]
        free(self.slots)
        self.slots, self.mask = slots, mask
        return 0
