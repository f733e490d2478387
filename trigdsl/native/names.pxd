# Texts, each with a number.

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define TRIGDSL_PREFETCH(at) __builtin_prefetch(at)
    #else
    #define TRIGDSL_PREFETCH(at) ((void) (at))
    #endif
    """
    void TRIGDSL_PREFETCH(const void* at) noexcept nogil


cdef struct Slot:
    # Open addressing: a text of up to eight bytes is told by its slot alone.
    uint64_t head  # see `head_of`
    uint32_t tag  # of its hash, and in the lowest eight bits its length, at most 255
    int32_t number  # -1: free


cdef class Names:
    cdef char* data  # the texts, one after the other
    cdef int64_t* ends  # where each ends
    cdef uint32_t* hashes
    cdef Slot* slots
    cdef readonly Py_ssize_t count
    cdef Py_ssize_t room
    cdef int64_t data_room
    cdef Py_ssize_t mask

    cdef int32_t look(self, const char* text, int64_t length, uint32_t hashed, Py_ssize_t* slot) noexcept nogil
    cdef int32_t put(self, const char* text, int64_t length) except -1
    cdef int32_t put_hashed(self, const char* text, int64_t length, uint32_t hashed) except -1
    cdef int grow(self) except -1
    cdef int spread(self) except -1


cdef inline int64_t start_of(Names names, Py_ssize_t number) noexcept nogil:
    return names.ends[number - 1] if number else 0


cdef inline void fetch_slot(Names names, uint32_t hashed) noexcept nogil:
    """Have the memory fetched that `put_hashed` will look at."""
    TRIGDSL_PREFETCH(&names.slots[hashed & names.mask])


cdef inline uint64_t head_of(const char* text, int64_t length) noexcept nogil:
    """The first eight bytes of a text; of a shorter one what tells it from all others of its length."""
    cdef uint64_t whole
    cdef uint32_t low, high
    if length >= 8:
        memcpy(&whole, text, 8)
        return whole
    if length >= 4:
        memcpy(&low, text, 4)
        memcpy(&high, text + length - 4, 4)
        return low | <uint64_t> high << 32
    if length <= 0:
        return 0
    return (
        <uint64_t> <unsigned char> text[0]
        | <uint64_t> <unsigned char> text[length // 2] << 8
        | <uint64_t> <unsigned char> text[length - 1] << 16
    )


cdef inline uint32_t hash_of(const char* text, int64_t length) noexcept nogil:
    """Eight bytes at a time, multiplied and folded."""
    cdef uint64_t value = 0x9E3779B97F4A7C15ULL ^ <uint64_t> length
    while length > 8:
        value = (value ^ head_of(text, 8)) * 0xFF51AFD7ED558CCDULL
        value ^= value >> 32
        text += 8
        length -= 8
    value = (value ^ head_of(text, length)) * 0xC4CEB9FE1A85EC53ULL
    value ^= value >> 29
    value *= 0xFF51AFD7ED558CCDULL
    return <uint32_t> (value >> 32)
