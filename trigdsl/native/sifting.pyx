# cython: boundscheck=False, wraparound=False, cdivision=True
"""Rows of events as columns → what happened to the users of each shard, as columns of numbers.

Each row is looked at once.  What it does is told by the name of its event, if need be with the number that one
property has.  Users get a number within their shard when they are first met.
"""

from array import array

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, realloc

from trigdsl.native.names cimport Names, fetch_slot, hash_of

cdef enum:
    # Effects that are none: nothing is done; somebody must look at the row; what it does is found out elsewhere.
    NOTHING = -1
    UNUSUAL = -2
    UNKNOWN = -3
    # Numbers of users that are none.
    UNMET = -1
    NO_NAME = -2
    # Texts whose memory is fetched before they are looked up.
    AHEAD = 16

cdef uint32_t CRC[256]


cdef void _make_crc() noexcept:
    """The table of the checksum that `zlib.crc32` computes."""
    cdef uint32_t value
    cdef int i, bit
    for i in range(256):
        value = i
        for bit in range(8):
            value = (value >> 1) ^ (0xEDB88320U if value & 1 else 0)
        CRC[i] = value

_make_crc()


cdef inline uint32_t _crc(const char* text, int64_t length) noexcept nogil:
    cdef uint32_t value = 0xFFFFFFFFU
    cdef int64_t i
    for i in range(length):
        value = CRC[(value ^ <uint8_t> text[i]) & 0xFF] ^ (value >> 8)
    return ~value


cdef struct Column:
    # A column of numbers; `valid` has a bit for each, or is NULL where none is missing.
    const char* values
    const uint8_t* valid
    int64_t first  # the place of the first row's bit
    int width  # bytes, negative for floating point


cdef struct Act:
    # What events of a name do: `effect`, or as one property tells, the one of the stretch that its number lies in.
    int32_t effect
    bint by_number
    Column column
    const double* turns
    const int32_t* effects  # below the first turn, at it, between it and the second, ...
    int count
    int32_t missing


cdef struct Taken:
    int32_t* users
    int32_t* effects
    int64_t* times
    int64_t* arrivals
    Py_ssize_t count
    Py_ssize_t room


ctypedef fused Code:
    int8_t
    int16_t
    int32_t
    int64_t


cdef void _count_codes(const Code* codes, Py_ssize_t rows, int64_t* counts) noexcept nogil:
    """Count each of some codes."""
    cdef Py_ssize_t row
    for row in range(rows):
        counts[codes[row]] += 1


cdef void _count(Column* column, Py_ssize_t rows, int64_t* counts) noexcept nogil:
    if column.width == 1:
        _count_codes(<const int8_t*> column.values, rows, counts)
    elif column.width == 2:
        _count_codes(<const int16_t*> column.values, rows, counts)
    elif column.width == 4:
        _count_codes(<const int32_t*> column.values, rows, counts)
    else:
        _count_codes(<const int64_t*> column.values, rows, counts)


cdef void _mark_codes(const Code* codes, Py_ssize_t rows, uint8_t* met) noexcept nogil:
    """Mark each of some codes."""
    cdef Py_ssize_t row
    for row in range(rows):
        met[codes[row]] = 1


cdef void _mark(Column* column, Py_ssize_t rows, uint8_t* met) noexcept nogil:
    if column.width == 1:
        _mark_codes(<const int8_t*> column.values, rows, met)
    elif column.width == 2:
        _mark_codes(<const int16_t*> column.values, rows, met)
    elif column.width == 4:
        _mark_codes(<const int32_t*> column.values, rows, met)
    else:
        _mark_codes(<const int64_t*> column.values, rows, met)


cdef inline bint _is_valid(Column* column, Py_ssize_t row) noexcept nogil:
    cdef int64_t bit = column.first + row
    return column.valid == NULL or (column.valid[bit >> 3] >> (bit & 7)) & 1


cdef inline int64_t _whole(Column* column, Py_ssize_t row) noexcept nogil:
    if column.width == 1:
        return (<const int8_t*> column.values)[row]
    if column.width == 2:
        return (<const int16_t*> column.values)[row]
    if column.width == 4:
        return (<const int32_t*> column.values)[row]
    return (<const int64_t*> column.values)[row]


cdef inline int32_t _effect_of(Act* act, Py_ssize_t row) noexcept nogil:
    cdef double number
    cdef int low = 0, high, middle
    if not act.by_number:
        return act.effect
    if not _is_valid(&act.column, row):
        return act.missing
    if act.column.width < 0:
        number = (<const double*> act.column.values)[row]
        if number != number:
            return act.missing
    else:
        number = <double> _whole(&act.column, row)
    high = act.count
    while low < high:
        middle = (low + high) // 2
        if act.turns[middle] < number:
            low = middle + 1
        else:
            high = middle
    return act.effects[2 * low + 1 if low < act.count and act.turns[low] == number else 2 * low]


cdef class Sifter:
    """Takes rows for so many shards. `names` are the users of each, as far as they were met."""

    cdef readonly list names
    cdef int shards
    cdef Taken* taken
    # Of the present batch: its columns, and for each text of its users the shard and the number there.
    cdef Column users, events, times
    cdef object kept
    cdef int32_t* numbers
    cdef uint16_t* shard_of
    cdef const char* texts
    cdef const int32_t* offsets
    cdef Py_ssize_t n_texts
    cdef int64_t scale, latest, first_arrival
    # What was found in it.
    cdef readonly int64_t first, last
    cdef int64_t[::1] counts

    def __init__(self, int shards):
        cdef int shard
        if not 0 < shards < 65536:
            raise ValueError("between 1 and 65535 shards")
        self.shards = shards
        self.names = [Names() for _ in range(shards)]
        self.taken = <Taken*> malloc(shards * sizeof(Taken))
        if self.taken == NULL:
            raise MemoryError
        for shard in range(shards):
            self.taken[shard] = Taken(NULL, NULL, NULL, NULL, 0, 0)

    def __dealloc__(self):
        cdef int shard
        if self.taken != NULL:
            for shard in range(self.shards):
                free(self.taken[shard].users)
                free(self.taken[shard].effects)
                free(self.taken[shard].times)
                free(self.taken[shard].arrivals)
        free(self.taken)
        free(self.numbers)
        free(self.shard_of)

    def sift(
        self, users, const int32_t[::1] offsets, const unsigned char[::1] texts, events, times,
        Py_ssize_t rows, int64_t scale, int64_t earliest, int64_t latest, const unsigned char[::1] unusual, acts,
        int64_t first_arrival
    ):
        """Take so many rows of a batch; the numbers of those that are unusual, and for each event of those left open.

        `users` and `events` are columns (bytes, validity, place of the first bit, width) of numbers, those of users
        among texts; `times` is one of instants in units of `scale` microseconds, of which those from `earliest` to
        `latest` are usual.  `unusual` has a byte for each row, or is None.  `acts` has for each event the effect (or
        -1 nothing, -2 unusual, -3 left open), or (column, turns, effects, effect where it is missing).

        `first` and `last` are then the times of usual rows, and `count` counts them by event.
        """
        cdef Py_ssize_t row, i, count = len(acts)
        cdef int64_t event, time
        cdef int32_t effect
        cdef const double[::1] turns
        cdef const int32_t[::1] effects
        cdef Act* table = <Act*> malloc((count + 1) * sizeof(Act))
        if table == NULL:
            raise MemoryError
        open_rows = [[] for _ in range(count)]
        odd = []
        self.kept = [users, offsets, texts, events, times, acts]
        try:
            for i, act in enumerate(acts):
                table[i].by_number = not isinstance(act, int)
                if not table[i].by_number:
                    table[i].effect = act
                    continue
                column, turns, effects, table[i].missing = act
                self.kept.append(_column(&table[i].column, column))
                table[i].count = <int> turns.shape[0]
                table[i].turns = &turns[0] if turns.shape[0] else NULL
                table[i].effects = &effects[0]
            self.kept.append(_column(&self.users, users))
            self.kept.append(_column(&self.events, events))
            self.kept.append(_column(&self.times, times))
            self.begin(offsets, texts)
            self.scale, self.latest, self.first_arrival = scale, latest, first_arrival
            self.first, self.last = latest, earliest
            self.counts = array("q", bytes(8 * (count + 1)))
            if rows and unusual is None and self.are_usual(table, count, rows, earliest):
                self.take_usual(table, rows)
                return odd, open_rows
            for row in range(rows):
                if unusual is not None and unusual[row] or not (
                    _is_valid(&self.users, row) and _is_valid(&self.events, row) and _is_valid(&self.times, row)
                ):
                    odd.append(row)
                    continue
                time = _whole(&self.times, row)
                if time > latest // scale or time < earliest // scale - 1 or time * scale < earliest or time * scale > latest:
                    odd.append(row)
                    continue
                event = _whole(&self.events, row)
                effect = _effect_of(&table[event], row)
                if effect == UNKNOWN and self.number_of(row) != NO_NAME:
                    open_rows[event].append(row)
                elif effect == UNUSUAL or not self.take(row, event, time * scale, effect):
                    odd.append(row)
        finally:
            free(table)
        return odd, open_rows

    def meet_users(self, users, const int32_t[::1] offsets, const unsigned char[::1] texts, Py_ssize_t rows):
        """Number the users of so many rows of whom nothing else is to be known; none is missing or empty."""
        self.kept = [users, offsets, texts]
        self.kept.append(_column(&self.users, users))
        if self.users.valid != NULL:
            raise ValueError("rows without users")
        self.begin(offsets, texts)
        self.meet(rows)

    def settle(self, int64_t event, const int64_t[::1] rows, const int32_t[::1] effects):
        """What rows of the present batch do that were left open; the numbers of those that are unusual."""
        cdef Py_ssize_t i
        odd = []
        for i in range(rows.shape[0]):
            if effects[i] == UNUSUAL:
                odd.append(rows[i])
            else:
                self.take(rows[i], event, _whole(&self.times, rows[i]) * self.scale, effects[i])
        return odd

    def count(self, int event):
        """How many usual rows of the present batch have an event."""
        return self.counts[event]

    def add(
        self, const unsigned char[::1] block, const int64_t[::1] starts, const int64_t[::1] lengths,
        const int64_t[::1] times, const int32_t[::1] kinds, const int32_t[::1] effects, int64_t arrival
    ):
        """What happened to users whose names stand in a block of bytes; its kind tells the effect of each."""
        cdef Py_ssize_t i
        cdef const char* user
        cdef int shard
        for i in range(starts.shape[0]):
            user = <const char*> &block[0] + starts[i]
            shard = <int> (_crc(user, lengths[i]) % <uint32_t> self.shards)
            self.put(
                shard, (<Names> self.names[shard]).put(user, lengths[i]), times[i], arrival + i, effects[kinds[i]]
            )

    def add_rows(
        self, const int32_t[::1] offsets, const unsigned char[::1] data, const int32_t[::1] users,
        const int64_t[::1] times, const int64_t[::1] arrivals, const int32_t[::1] did, const int32_t[::1] effects,
        int64_t arrival
    ):
        """What happened to users, by number among texts; each effect is told by its place in `effects`."""
        cdef Py_ssize_t i, n = offsets.shape[0] - 1
        cdef const char* user
        cdef int64_t length
        cdef int32_t shard
        numbers_made, shards_made = array("i", bytes(4 * max(n, 0))), array("i", bytes(4 * max(n, 0)))
        cdef int32_t[::1] numbers = numbers_made, shards = shards_made
        for i in range(n):
            user, length = <const char*> &data[0] + offsets[i], offsets[i + 1] - offsets[i]
            shard = <int32_t> (_crc(user, length) % <uint32_t> self.shards)
            shards[i], numbers[i] = shard, (<Names> self.names[shard]).put(user, length)
        for i in range(users.shape[0]):
            self.put(shards[users[i]], numbers[users[i]], times[i], arrival + arrivals[i], effects[did[i]])

    def packed(self, int shard):
        """What was taken for a shard since this was asked for last, as bytes for `Happened.extend`; None: nothing."""
        cdef Taken* taken = &self.taken[shard]
        cdef Py_ssize_t n = taken.count
        if not n:
            return None
        taken.count = 0
        return b"".join((
            n.to_bytes(8, "little"), (<char*> taken.times)[:8 * n], (<char*> taken.arrivals)[:8 * n],
            (<char*> taken.users)[:4 * n], (<char*> taken.effects)[:4 * n],
        ))

    # ------------------------------------------------------------------ rows all of which are usual
    cdef bint are_usual(self, Act* acts, Py_ssize_t count, Py_ssize_t rows, int64_t earliest) noexcept:
        """Whether that can be told of so many rows together; their times are then known."""
        cdef Py_ssize_t i
        cdef int j
        cdef int64_t time, first, last
        cdef const int64_t* times = <const int64_t*> self.times.values
        if self.users.valid != NULL or self.events.valid != NULL or self.times.valid != NULL or self.times.width != 8:
            return False
        for i in range(count):
            if acts[i].by_number:
                for j in range(2 * acts[i].count + 1):
                    if acts[i].effects[j] < NOTHING:
                        return False
                if acts[i].missing < NOTHING:
                    return False
            elif acts[i].effect < NOTHING:
                return False
        for i in range(self.n_texts):
            if self.numbers[i] == NO_NAME:
                return False
        first = last = times[0]
        for i in range(rows):
            time = times[i]
            first, last = min(first, time), max(last, time)
        if last > self.latest // self.scale or first < earliest // self.scale - 1 or first * self.scale < earliest:
            return False
        self.first, self.last = first * self.scale, last * self.scale
        return True

    cdef int take_usual(self, Act* acts, Py_ssize_t rows) except -1:
        """Take rows all of which are usual."""
        cdef Py_ssize_t row
        cdef int64_t user
        cdef int32_t effect
        cdef Act* act
        _count(&self.events, rows, &self.counts[0])
        self.meet(rows)
        for row in range(rows):
            act = &acts[_whole(&self.events, row)]
            if not act.by_number and act.effect < 0:
                continue
            effect = _effect_of(act, row)
            if effect >= 0:
                user = _whole(&self.users, row)
                self.put(
                    self.shard_of[user], self.numbers[user], _whole(&self.times, row) * self.scale,
                    self.first_arrival + row, effect
                )
        return 0

    cdef int meet(self, Py_ssize_t rows) except -1:
        """Number the users of so many rows."""
        cdef Py_ssize_t i, text, count = 0, n = self.n_texts
        cdef uint8_t* met = <uint8_t*> calloc(n + 1, 1)
        cdef int32_t* fresh = <int32_t*> malloc((n + 1) * sizeof(int32_t))
        cdef uint32_t* hashes = <uint32_t*> malloc((n + 1) * sizeof(uint32_t))
        cdef const char* start
        cdef int64_t length
        if met == NULL or fresh == NULL or hashes == NULL:
            free(met); free(fresh); free(hashes)
            raise MemoryError
        try:
            _mark(&self.users, rows, met)
            for text in range(n):
                if met[text] and self.numbers[text] == UNMET:
                    fresh[count] = <int32_t> text
                    count += 1
            for i in range(count + AHEAD):
                if i < count:
                    text = fresh[i]
                    start, length = self.texts + self.offsets[text], self.offsets[text + 1] - self.offsets[text]
                    hashes[i] = hash_of(start, length)
                    self.shard_of[text] = <uint16_t> (_crc(start, length) % <uint32_t> self.shards)
                    fetch_slot(<Names> self.names[self.shard_of[text]], hashes[i])
                if i >= AHEAD:
                    text = fresh[i - AHEAD]
                    start, length = self.texts + self.offsets[text], self.offsets[text + 1] - self.offsets[text]
                    self.numbers[text] = (<Names> self.names[self.shard_of[text]]).put_hashed(
                        start, length, hashes[i - AHEAD]
                    )
        finally:
            free(met); free(fresh); free(hashes)
        return 0

    # ------------------------------------------------------------------ rows one by one
    cdef int begin(self, const int32_t[::1] offsets, const unsigned char[::1] texts) except -1:
        """Texts of users are numbered as they are met, from now on those of this batch."""
        cdef Py_ssize_t i, n = offsets.shape[0] - 1
        cdef const char* data = <const char*> &texts[0] if texts.shape[0] else NULL
        if self.offsets == &offsets[0] and self.texts == data and self.n_texts == n:
            return 0
        self.offsets, self.texts, self.n_texts = &offsets[0], data, n
        free(self.numbers)
        free(self.shard_of)
        self.numbers = <int32_t*> malloc((n + 1) * sizeof(int32_t))
        self.shard_of = <uint16_t*> malloc((n + 1) * sizeof(uint16_t))
        if self.numbers == NULL or self.shard_of == NULL:
            raise MemoryError
        for i in range(n):
            self.numbers[i] = UNMET if offsets[i + 1] > offsets[i] else NO_NAME
        return 0

    cdef inline int32_t number_of(self, Py_ssize_t row) except? -9:
        """The number of a row's user in the shard; NO_NAME for an empty text."""
        cdef int64_t text = _whole(&self.users, row)
        cdef const char* start
        cdef int64_t length
        if self.numbers[text] == UNMET:
            start, length = self.texts + self.offsets[text], self.offsets[text + 1] - self.offsets[text]
            self.shard_of[text] = <uint16_t> (_crc(start, length) % <uint32_t> self.shards)
            self.numbers[text] = (<Names> self.names[self.shard_of[text]]).put(start, length)
        return self.numbers[text]

    cdef inline int take(self, Py_ssize_t row, int64_t event, int64_t time, int32_t effect) except -1:
        """Take a row; 0 when it has no user, so that it is unusual."""
        cdef int32_t number = self.number_of(row)
        if number == NO_NAME:
            return 0
        self.counts[event] += 1
        self.first, self.last = min(self.first, time), max(self.last, time)
        if effect >= 0:
            self.put(self.shard_of[_whole(&self.users, row)], number, time, self.first_arrival + row, effect)
        return 1

    cdef inline int put(self, int shard, int32_t user, int64_t time, int64_t arrival, int32_t effect) except -1:
        cdef Taken* taken = &self.taken[shard]
        cdef Py_ssize_t room
        if taken.count == taken.room:
            room = 2 * taken.room + 1024
            taken.users = <int32_t*> _grown(taken.users, room * sizeof(int32_t))
            taken.effects = <int32_t*> _grown(taken.effects, room * sizeof(int32_t))
            taken.times = <int64_t*> _grown(taken.times, room * sizeof(int64_t))
            taken.arrivals = <int64_t*> _grown(taken.arrivals, room * sizeof(int64_t))
            taken.room = room
        taken.users[taken.count], taken.effects[taken.count] = user, effect
        taken.times[taken.count], taken.arrivals[taken.count] = time, arrival
        taken.count += 1
        return 0


def infinite(columns, Py_ssize_t rows):
    """A byte for each of so many rows, 1 where some number of these columns is infinite; None when none is."""
    cdef Column column
    cdef Py_ssize_t row
    cdef double number
    cdef unsigned char[::1] into
    found = None
    for parts in columns:
        kept = _column(&column, parts)
        for row in range(rows):
            if column.width == -8:
                number = (<const double*> column.values)[row]
            else:
                number = (<const float*> column.values)[row]
            # Of these alone there is no difference to itself that is a number.
            if number - number != 0 and number == number and _is_valid(&column, row):
                if found is None:
                    found = bytearray(rows)
                    into = found
                into[row] = 1
    return found


cdef object _column(Column* into, column):
    """The parts of a column; what is returned must be kept as long as it is used."""
    cdef const unsigned char[::1] values = column[0]
    cdef const unsigned char[::1] valid
    into.values = <const char*> &values[0] if values.shape[0] else NULL
    into.valid = NULL
    if column[1] is not None:
        valid = column[1]
        into.valid = &valid[0]
    into.first, into.width = column[2], column[3]
    return column


cdef void* _grown(void* held, size_t size) except NULL:
    cdef void* found = realloc(held, size)
    if found == NULL:
        raise MemoryError
    return found
