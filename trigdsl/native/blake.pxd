# BLAKE2b without a key (RFC 7693), for the short texts that keys of decisions are made of.

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    static const uint64_t TRIG_BLAKE_IV[8] = {
        UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b), UINT64_C(0x3c6ef372fe94f82b),
        UINT64_C(0xa54ff53a5f1d36f1), UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
        UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};
    /* Which word of a block each step of a round takes; rounds 10 and 11 are as 0 and 1. */
    static const uint8_t TRIG_BLAKE_SIGMA[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
    #define TRIG_TURN(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
    static inline void trig_blake_mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
        v[a] += v[b] + x; v[d] = TRIG_TURN(v[d] ^ v[a], 32);
        v[c] += v[d];     v[b] = TRIG_TURN(v[b] ^ v[c], 24);
        v[a] += v[b] + y; v[d] = TRIG_TURN(v[d] ^ v[a], 16);
        v[c] += v[d];     v[b] = TRIG_TURN(v[b] ^ v[c], 63);
    }
    static inline uint64_t trig_blake_word(const uint8_t *at) {
        uint64_t word = 0;
        int i;
        for (i = 7; i >= 0; i--) word = word << 8 | at[i];
        return word;
    }
    """
    const uint64_t TRIG_BLAKE_IV[8]
    const uint8_t TRIG_BLAKE_SIGMA[10][16]
    void trig_blake_mix(uint64_t* v, int a, int b, int c, int d, uint64_t x, uint64_t y) noexcept nogil
    uint64_t trig_blake_word(const uint8_t* at) noexcept nogil


cdef inline void compress(uint64_t* state, const uint8_t* block, uint64_t count, bint last) noexcept nogil:
    """Take in one block of 128 bytes, the last of them after `count` bytes of all."""
    cdef uint64_t v[16]
    cdef uint64_t words[16]
    cdef const uint8_t* s
    cdef int i
    for i in range(16):
        words[i] = trig_blake_word(block + 8 * i)
    for i in range(8):
        v[i], v[i + 8] = state[i], TRIG_BLAKE_IV[i]
    v[12] ^= count
    if last:
        v[14] = ~v[14]
    for i in range(12):
        s = TRIG_BLAKE_SIGMA[i % 10]
        trig_blake_mix(v, 0, 4, 8, 12, words[s[0]], words[s[1]])
        trig_blake_mix(v, 1, 5, 9, 13, words[s[2]], words[s[3]])
        trig_blake_mix(v, 2, 6, 10, 14, words[s[4]], words[s[5]])
        trig_blake_mix(v, 3, 7, 11, 15, words[s[6]], words[s[7]])
        trig_blake_mix(v, 0, 5, 10, 15, words[s[8]], words[s[9]])
        trig_blake_mix(v, 1, 6, 11, 12, words[s[10]], words[s[11]])
        trig_blake_mix(v, 2, 7, 8, 13, words[s[12]], words[s[13]])
        trig_blake_mix(v, 3, 4, 9, 14, words[s[14]], words[s[15]])
    for i in range(8):
        state[i] ^= v[i] ^ v[i + 8]


cdef inline void digest_of(const uint8_t* data, size_t length, uint8_t* digest) noexcept nogil:
    """The digest of 16 bytes."""
    cdef uint64_t state[8]
    cdef uint8_t block[128]
    cdef size_t done = 0
    cdef int i
    for i in range(8):
        state[i] = TRIG_BLAKE_IV[i]
    state[0] ^= 0x01010000 ^ 16
    while length - done > 128:
        compress(state, data + done, done + 128, False)
        done += 128
    memset(block, 0, 128)
    if length - done:
        memcpy(block, data + done, length - done)
    compress(state, block, length, True)
    for i in range(16):
        digest[i] = <uint8_t> (state[i // 8] >> (8 * (i % 8)))
