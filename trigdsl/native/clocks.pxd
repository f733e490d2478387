# What wall clocks show, from tables: see `trigdsl.engine.zones` and `trigdsl.engine.windows`, which say the same.
#
# A table ends where the changes of a zone's offset are no longer listed.  Whoever asks beyond gets ASK, and asks the
# Python objects instead, which work such years out.

from libc.stdint cimport int64_t

cdef enum:
    MOST_SPANS = 8

cdef extern from *:
    """
    #define ASK INT64_MIN
    #define NEVER INT64_MAX
    #define DAY_MICROS INT64_C(86400000000)
    #define LAST_MICROS (INT64_C(253402300800) * 1000000 - 1)
    /* More than any clock is ever put forward or back: LARGEST_SHIFT of zones. */
    #define SHIFT_MICROS (2 * DAY_MICROS)
    """
    const int64_t ASK
    const int64_t NEVER
    const int64_t DAY_MICROS
    const int64_t LAST_MICROS
    const int64_t SHIFT_MICROS


cdef struct ZoneTable:
    # Stretches of one offset, in order; the last one looked up is tried first.
    int64_t* starts
    int64_t* ends
    int64_t* offsets
    int count
    int hit


cdef struct WindowTable:
    # When it opens on an open day, in microseconds from that day's 00:00; bit n of `weekdays` is day n from Monday.
    int64_t opens[MOST_SPANS]
    int64_t closes[MOST_SPANS]
    int spans
    int weekdays
    int zone  # -1 is the user's


cdef inline int64_t floor_of(int64_t number, int64_t divisor) noexcept nogil:
    """The quotient, rounded down, whichever way this compiler's division rounds."""
    cdef int64_t quotient = number // divisor
    return quotient - 1 if number < quotient * divisor else quotient


cdef inline int64_t floor_day(int64_t at) noexcept nogil:
    """The day that an instant or a reading of a clock lies in, days before 1970 too."""
    return floor_of(at, DAY_MICROS)


cdef inline int segment_at(ZoneTable* zone, int64_t at) noexcept nogil:
    """The number of the stretch around an instant; -1 beyond the table."""
    cdef int low, high, middle
    if zone.starts[zone.hit] <= at < zone.ends[zone.hit]:
        return zone.hit
    if at >= zone.ends[zone.count - 1] or at < zone.starts[0]:
        return -1
    low, high = 0, zone.count - 1
    while low < high:
        middle = (low + high + 1) // 2
        if zone.starts[middle] <= at:
            low = middle
        else:
            high = middle - 1
    zone.hit = low
    return low


cdef inline int64_t local_day(ZoneTable* zone, int64_t at) noexcept nogil:
    """The local date at an instant, as a day number; ASK beyond the table."""
    cdef int found = segment_at(zone, at)
    return ASK if found < 0 else floor_day(at + zone.offsets[found])


cdef inline bint allows(WindowTable* window, int64_t day) noexcept nogil:
    cdef int64_t weekday = (day + 3) % 7
    return (window.weekdays >> (weekday + 7 if weekday < 0 else weekday)) & 1


cdef inline bint shows_open(WindowTable* window, int64_t local) noexcept nogil:
    """Whether a window is open when the clock shows this."""
    cdef int64_t day = floor_day(local)
    cdef int64_t time = local - day * DAY_MICROS
    cdef int span
    for span in range(window.spans):
        if window.opens[span] <= time < window.closes[span]:
            if allows(window, day):
                return True
        elif time < window.closes[span] - DAY_MICROS and allows(window, day - 1):
            return True
    return False


cdef inline int64_t next_reading(WindowTable* window, int64_t local) noexcept nogil:
    """The earliest reading from this one on that is inside, if the clock ran evenly for ever."""
    cdef int64_t day, time
    cdef int span
    if shows_open(window, local):
        return local
    day = floor_day(local)
    time = local - day * DAY_MICROS
    if allows(window, day):
        for span in range(window.spans):
            if time < window.opens[span]:
                return day * DAY_MICROS + window.opens[span]
    day += 1
    while not allows(window, day):
        day += 1
    return day * DAY_MICROS + window.opens[0]


cdef inline int64_t next_opening(WindowTable* window, ZoneTable* zone, int64_t at) noexcept nogil:
    """The earliest instant from `at` on that is inside; NEVER where there is none, ASK beyond the table."""
    cdef int64_t opening, offset, end
    cdef int found
    while at <= LAST_MICROS:
        found = segment_at(zone, at)
        if found < 0:
            return ASK
        offset, end = zone.offsets[found], zone.ends[found]
        opening = next_reading(window, at + offset) - offset
        if opening < end:
            return opening if opening <= LAST_MICROS else NEVER
        if end - at <= SHIFT_MICROS:
            # The clock may be put back to a time that has passed, so nothing is settled yet.
            at = end
        else:
            at = max(end, opening + offset - SHIFT_MICROS)
    return NEVER


cdef struct Date:
    int64_t year
    int64_t month  # from 1
    int64_t day  # from 1


cdef inline Date date_of(int64_t day) noexcept nogil:
    """The date of a day number, by the Gregorian calendar."""
    cdef int64_t shifted = day + 719468  # from 0000-03-01, where leap days come last
    cdef int64_t era = floor_of(shifted, 146097)
    cdef int64_t of_era = shifted - era * 146097
    cdef int64_t year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    cdef int64_t of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef int64_t month = (5 * of_year + 2) // 153
    cdef Date found
    found.year = year + era * 400 + (month >= 10)
    found.month = month + 3 if month < 10 else month - 9
    found.day = of_year - (153 * month + 2) // 5 + 1
    return found


cdef inline int64_t month_of(int64_t day) noexcept nogil:
    """The number of the month that a day lies in, each one more than the one before."""
    cdef Date date = date_of(day)
    return date.year * 12 + date.month


cdef inline int64_t days_before(int64_t year, int64_t month) noexcept nogil:
    """The day number of the first of a month, of a year from 1 on."""
    cdef int64_t shifted = year - (month < 3)
    cdef int64_t of_year = (153 * (month + 9 if month < 3 else month - 3) + 2) // 5
    return 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + of_year - 719468
