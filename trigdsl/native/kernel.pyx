# cython: boundscheck=False, wraparound=False, cdivision=True
"""What happened to users under a flat program → its decisions: `trigdsl.engine.flat_user` for whole columns.

The rules, what effects do, caps, windows and zones are tables of numbers; only where a table ends (years after 2100,
windows of several policies) are the Python objects asked.
"""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset

from trigdsl.native.clocks cimport (
    ASK, LAST_MICROS, MOST_SPANS, NEVER, WindowTable, ZoneTable, floor_of, local_day, month_of, next_opening,
)
from trigdsl.native.decisions cimport BY_TIMER, Decision, Decisions
from trigdsl.native.happened cimport Happened, Happening

cdef enum Pending:
    STACK, IGNORE, RESTART

cdef enum Period:
    EVER, DURATION, OF_DAY, OF_WEEK, OF_MONTH


cdef struct Rule:
    int64_t after  # -1: at once
    int64_t expires  # -1: never
    int64_t at_most  # -1: no bound
    int64_t starts, ends  # of the campaign: [starts, ends)
    int32_t window  # -1: none
    int32_t rank  # among timers of one moment
    int64_t silence  # how long the silence lasts that triggers it; -1: an event does
    int32_t silence_rank  # that of its silence's timer
    int32_t first_cap  # its caps are so many from there in the list of all rules' caps
    int32_t caps
    int32_t limit  # what counts as a cap does, of this rule's sends alone; -1: none
    int32_t pending
    bint else_skip
    # The kinds of its decisions.
    int32_t sent, restarted, expired, outside, ended, limited, due, waiting


cdef struct RuleCap:
    int32_t cap
    int32_t kind  # of the decision when it is full


cdef struct Cap:
    int64_t count
    int64_t length
    int32_t period
    int32_t sends  # of the user that is gone through
    int32_t room
    int64_t* times


cdef struct Ender:
    int32_t rule
    int32_t kind
    int64_t within  # -1: ever


cdef struct Effect:
    int32_t first_rule, rules  # what it triggers, in the list of all effects' rules
    int32_t first_ender, enders
    int32_t first_silent, silent  # rules whose silence starts anew, in the same list as those it triggers
    int32_t zone  # which the user has from now on; -1: the same


cdef struct Run:
    int64_t triggered, due, wake, chain, event
    int32_t rule, number
    int32_t older, younger  # of the same rule; -1: none
    bint waiting, open


cdef struct Timer:
    int64_t wake
    int32_t rank
    int32_t run  # negative: the silence of rule -1 - run


cdef inline bint _before(Timer* a, Timer* b) noexcept nogil:
    if a.wake != b.wake:
        return a.wake < b.wake
    return a.rank < b.rank if a.rank != b.rank else a.run < b.run


cdef void* _grown(void* held, size_t size) except NULL nogil:
    cdef void* found = realloc(held, size)
    if found == NULL:
        with gil:
            raise MemoryError
    return found


cdef class Kernel:
    """The tables of a program. Enter zones, windows, caps and rules, then effects as they come; and `decide`."""

    cdef int most_runs
    cdef list zones, windows
    cdef object ask_opening
    cdef ZoneTable* zone_tables
    cdef WindowTable* window_tables
    cdef Cap* caps
    cdef Rule* rules
    cdef RuleCap* rule_caps
    cdef Effect* effects
    cdef int32_t* fired
    cdef Ender* enders
    cdef int n_caps, n_rules, n_rule_caps, n_effects, n_fired, n_enders
    # Of the user that is gone through.
    cdef Run* runs
    cdef Timer* timers
    cdef int32_t n_runs, run_room, n_timers, timer_room, n_open
    cdef int32_t zone
    cdef int64_t arrival  # of the input that is handled; BY_TIMER: a timer goes off
    cdef int32_t* oldest  # by rule; -1: none is open
    cdef int32_t* youngest
    cdef int32_t* open_runs
    cdef int64_t* started_at
    cdef int32_t* started
    cdef int64_t* silent_until  # by rule; NEVER: no silence has begun
    cdef int64_t* silent_since  # the event with which it began
    cdef int64_t[::1] run_counts
    # Of one call of `decide`.
    cdef Decisions found, still_pending
    cdef const unsigned char[::1] shown
    cdef bint user_shown, is_reached
    cdef readonly int64_t reached

    def __init__(self, int most_runs, ask_opening):
        """`ask_opening` is `next_opening` of windows, for what is no table."""
        self.most_runs = most_runs
        self.ask_opening = ask_opening
        self.zones, self.windows = [], []

    def __dealloc__(self):
        cdef int i
        for i in range(len(self.zones) if self.zones is not None else 0):
            free(self.zone_tables[i].starts); free(self.zone_tables[i].ends); free(self.zone_tables[i].offsets)
        for i in range(self.n_caps):
            free(self.caps[i].times)
        free(self.zone_tables); free(self.window_tables); free(self.caps); free(self.rules); free(self.rule_caps)
        free(self.effects); free(self.fired); free(self.enders); free(self.runs); free(self.timers)
        free(self.oldest); free(self.youngest); free(self.open_runs); free(self.started_at); free(self.started)
        free(self.silent_until); free(self.silent_since)

    # ------------------------------------------------------------------ tables
    def add_zone(self, zone, segments):
        """The number of a zone, whose stretches of one offset are (start, end, offset)."""
        cdef int number = len(self.zones), count = len(segments), i
        cdef ZoneTable* table
        self.zone_tables = <ZoneTable*> _grown(self.zone_tables, (number + 1) * sizeof(ZoneTable))
        table = &self.zone_tables[number]
        table.starts = <int64_t*> _grown(NULL, count * sizeof(int64_t))
        table.ends = <int64_t*> _grown(NULL, count * sizeof(int64_t))
        table.offsets = <int64_t*> _grown(NULL, count * sizeof(int64_t))
        for i, (start, end, offset) in enumerate(segments):
            table.starts[i], table.ends[i], table.offsets[i] = start, end, offset
        table.count, table.hit = count, count - 1
        self.zones.append(zone)
        return number

    def add_window(self, windows, spans, int weekdays, int zone):
        """The number of a rule's windows: one with so many spans, or with none, several that are no table."""
        cdef int number = len(self.windows), i
        cdef WindowTable* table
        if len(spans) > MOST_SPANS or not (not spans or 0 < weekdays < 128):
            raise ValueError("no table of a window")
        self.window_tables = <WindowTable*> _grown(self.window_tables, (number + 1) * sizeof(WindowTable))
        table = &self.window_tables[number]
        for i, (opens, closes) in enumerate(spans):
            table.opens[i], table.closes[i] = opens, closes
        table.spans, table.weekdays, table.zone = len(spans), weekdays, zone
        self.windows.append(windows)
        return number

    def add_cap(self, int64_t count, str period, int64_t length):
        """The number of a cap; its period as in `CompiledPeriod`."""
        cdef int number = self.n_caps
        self.caps = <Cap*> _grown(self.caps, (number + 1) * sizeof(Cap))
        kinds = {"ever": EVER, "duration": DURATION, "day": OF_DAY, "week": OF_WEEK, "month": OF_MONTH}
        self.caps[number] = Cap(count, length, kinds[period], 0, 0, NULL)
        self.n_caps += 1
        return number

    def add_rule(
        self, *, int64_t after, int64_t expires, int64_t at_most, int64_t starts, int64_t ends, int window, int rank,
        int64_t silence, int silence_rank, str pending, bint else_skip, int limit, caps, kinds
    ):
        """The next rule: `caps` are (cap, kind when it is full), `kinds` those of the other decisions by name.

        `limit` is a cap of its own, of how often it may act.
        """
        cdef int number = self.n_rules
        cdef Rule* rule
        self.rules = <Rule*> _grown(self.rules, (number + 1) * sizeof(Rule))
        self.n_rules += 1
        rule = &self.rules[number]
        rule.after, rule.expires, rule.at_most, rule.window, rule.rank = after, expires, at_most, window, rank
        rule.pending = {"stack": STACK, "ignore": IGNORE, "restart": RESTART}[pending]
        rule.else_skip, rule.limit, rule.starts, rule.ends = else_skip, limit, starts, ends
        rule.silence, rule.silence_rank = silence, silence_rank
        rule.first_cap, rule.caps = self.n_rule_caps, len(caps)
        for cap, kind in caps:
            self.rule_caps = <RuleCap*> _grown(self.rule_caps, (self.n_rule_caps + 1) * sizeof(RuleCap))
            self.rule_caps[self.n_rule_caps] = RuleCap(cap, kind)
            self.n_rule_caps += 1
        rule.sent, rule.restarted, rule.expired = kinds["sent"], kinds["restarted"], kinds["expired"]
        rule.outside, rule.due, rule.waiting = kinds["outside window"], kinds["due"], kinds["window"]
        rule.ended, rule.limited = kinds["campaign ended"], kinds["limit"]

    def add_effect(self, rules, enders, int zone, silent):
        """The number of what an event does: the rules it triggers; (rule, kind, within) of what it ends; the zone.

        `silent` are the rules whose silence starts anew.
        """
        cdef int number = self.n_effects
        cdef Effect* effect
        self.effects = <Effect*> _grown(self.effects, (number + 1) * sizeof(Effect))
        self.n_effects += 1
        effect = &self.effects[number]
        effect.first_rule, effect.rules = self.n_fired, len(rules)
        effect.first_ender, effect.enders, effect.zone = self.n_enders, len(enders), zone
        effect.first_silent, effect.silent = self.n_fired + len(rules), len(silent)
        self.fired = <int32_t*> _grown(self.fired, (self.n_fired + len(rules) + len(silent) + 1) * sizeof(int32_t))
        for rule in (*rules, *silent):
            self.fired[self.n_fired] = rule
            self.n_fired += 1
        self.enders = <Ender*> _grown(self.enders, (self.n_enders + len(enders) + 1) * sizeof(Ender))
        for rule, kind, within in enders:
            self.enders[self.n_enders] = Ender(rule, kind, within)
            self.n_enders += 1
        return number

    # ------------------------------------------------------------------ deciding
    def decide(
        self, Happened happened, const int32_t[::1] zones, bint has_end, int64_t until,
        const unsigned char[::1] shown, users_shown, int64_t[::1] run_counts
    ):
        """The decisions, in order, and those that are pending, after everything that happened to grouped users.

        `zones` are the users' to begin with.  Timers go off up to and including `until`, if it `has_end`.  `shown`
        has a byte for each kind, `users_shown` (or None) for each user; `run_counts` counts runs by rule.
        """
        cdef Py_ssize_t user
        cdef int rule
        cdef const unsigned char[::1] of_users
        if users_shown is not None:
            of_users = users_shown
        self.found, self.still_pending = Decisions(), Decisions()
        self.shown, self.run_counts, self.reached = shown, run_counts, 0
        self.oldest = <int32_t*> _grown(self.oldest, (self.n_rules + 1) * sizeof(int32_t))
        self.youngest = <int32_t*> _grown(self.youngest, (self.n_rules + 1) * sizeof(int32_t))
        self.open_runs = <int32_t*> _grown(self.open_runs, (self.n_rules + 1) * sizeof(int32_t))
        self.started = <int32_t*> _grown(self.started, (self.n_rules + 1) * sizeof(int32_t))
        self.started_at = <int64_t*> _grown(self.started_at, (self.n_rules + 1) * sizeof(int64_t))
        self.silent_until = <int64_t*> _grown(self.silent_until, (self.n_rules + 1) * sizeof(int64_t))
        self.silent_since = <int64_t*> _grown(self.silent_since, (self.n_rules + 1) * sizeof(int64_t))
        for rule in range(self.n_rules):
            self._forget(rule)
            self.silent_until[rule] = NEVER
        for user in range(happened.users):
            self.zone = zones[user]
            self.user_shown = users_shown is None or of_users[user]
            self.is_reached = False
            with nogil:
                self._live(happened, user, has_end, until)
            self.reached += self.is_reached
        self.found.sort()
        self.still_pending.sort()
        return self.found, self.still_pending

    cdef int _live(self, Happened happened, Py_ssize_t user, bint has_end, int64_t until) except -1 nogil:
        cdef int64_t place
        cdef Happening* one
        cdef Effect* effect
        cdef int32_t i
        for place in range(happened.starts[user], happened.starts[user + 1]):
            one = &happened.held[place]
            while self.n_timers and self.timers[0].wake < one.time:
                self._go_off(<int32_t> user)
            effect = &self.effects[one.effect]
            self.arrival = one.arrival
            if effect.zone >= 0:
                self.zone = effect.zone
            for i in range(effect.silent):
                self._fall_silent(self.fired[effect.first_silent + i], one)
            if effect.enders and self.n_open:
                self._end(effect, one.time, <int32_t> user)
            for i in range(effect.rules):
                self._start(self.fired[effect.first_rule + i], one.time, one.event, <int32_t> user)
        while has_end and self.n_timers and self.timers[0].wake <= until:
            self._go_off(<int32_t> user)
        self._leave(<int32_t> user)
        return 0

    cdef int _leave(self, int32_t user) except -1 nogil:
        """What is still armed is pending; then nothing of the user is kept."""
        cdef Timer timer
        cdef Run* run
        cdef Rule* rule
        cdef int32_t i
        while self.n_timers:
            timer = self._pop()
            if timer.run < 0:
                self.silent_until[-1 - timer.run] = NEVER
                continue
            run = &self.runs[timer.run]
            if run.open:
                rule = &self.rules[run.rule]
                self._decide(run, run.wake, rule.waiting if run.waiting else rule.due, user, True)
        for i in range(self.n_runs):
            self._forget(self.runs[i].rule)
        for i in range(self.n_caps):
            self.caps[i].sends = 0
        self.n_runs = self.n_open = 0
        return 0

    cdef inline void _forget(self, int32_t rule) noexcept nogil:
        self.oldest[rule] = self.youngest[rule] = -1
        self.open_runs[rule] = self.started[rule] = 0

    cdef int _end(self, Effect* effect, int64_t now, int32_t user) except -1 nogil:
        """End the runs that an event ends, in rule order, the older first."""
        cdef int32_t first = effect.first_ender, end = effect.first_ender + effect.enders
        cdef int32_t place, rule, following
        cdef int32_t number
        while first < end:
            rule = self.enders[first].rule
            following = first
            while following < end and self.enders[following].rule == rule:
                following += 1
            number = self.oldest[rule]
            while number >= 0:
                run = &self.runs[number]
                number = run.younger
                for place in range(first, following):
                    if self.enders[place].within < 0 or now <= run.triggered + self.enders[place].within:
                        self._finish(run, now, self.enders[place].kind, user)
                        break
            first = following
        return 0

    cdef int _fall_silent(self, int32_t number, Happening* one) except -1 nogil:
        """Start the silence of a rule anew; a timer that was set for it before goes off for nothing."""
        cdef Rule* rule = &self.rules[number]
        self.silent_until[number] = min(one.time + rule.silence, LAST_MICROS)
        self.silent_since[number] = one.event
        return self._push(self.silent_until[number], rule.silence_rank, -1 - number)

    cdef int _start(self, int32_t number, int64_t now, int64_t event, int32_t user) except -1 nogil:
        """Start a run, if the campaign, the limit and `while pending` allow it."""
        cdef Rule* rule = &self.rules[number]
        cdef int64_t chain = now
        cdef int32_t other, following
        cdef Run* run
        if now < rule.starts or now >= rule.ends:
            return 0
        if rule.limit >= 0 and self._is_full(&self.caps[rule.limit], now):
            return 0
        if self.open_runs[number]:
            if rule.pending == RESTART:
                if rule.at_most >= 0:
                    chain = self.runs[self.youngest[number]].chain
                    if now > chain + rule.at_most:
                        return 0
                other = self.oldest[number]
                while other >= 0:
                    following = self.runs[other].younger
                    self._finish(&self.runs[other], now, rule.restarted, user)
                    other = following
            elif rule.pending == IGNORE or self.open_runs[number] >= self.most_runs:
                return 0
        if not self.started[number] or self.started_at[number] != now:
            self.started_at[number], self.started[number] = now, 0
        self.started[number] += 1
        self.run_counts[number] += 1
        if self.n_runs == self.run_room:
            self.run_room = 2 * self.run_room + 64
            self.runs = <Run*> _grown(self.runs, self.run_room * sizeof(Run))
        run = &self.runs[self.n_runs]
        run.rule, run.number = number, self.started[number]
        run.triggered, run.event, run.chain = now, event, chain
        run.due = run.wake = now if rule.after < 0 else min(now + rule.after, LAST_MICROS)
        run.waiting, run.open = False, True
        run.older, run.younger = self.youngest[number], -1
        if run.older >= 0:
            self.runs[run.older].younger = self.n_runs
        else:
            self.oldest[number] = self.n_runs
        self.youngest[number] = self.n_runs
        self.open_runs[number] += 1
        self.n_open += 1
        self.n_runs += 1
        if rule.after < 0:
            self._carry_out(self.n_runs - 1, now, user)
        else:
            self._push(run.wake, rule.rank, self.n_runs - 1)
        return 0

    cdef int _go_off(self, int32_t user) except -1 nogil:
        cdef Timer timer = self._pop()
        cdef int32_t rule = -1 - timer.run
        self.arrival = BY_TIMER
        if timer.run >= 0:
            if self.runs[timer.run].open:
                self._carry_out(timer.run, timer.wake, user)
        elif self.silent_until[rule] == timer.wake:
            self.silent_until[rule] = NEVER
            self._start(rule, timer.wake, self.silent_since[rule], user)
        return 0

    cdef int _carry_out(self, int32_t number, int64_t now, int32_t user) except -1 nogil:
        """Send, or wait for the window, or give up."""
        cdef Run* run = &self.runs[number]
        cdef Rule* rule = &self.rules[run.rule]
        cdef int64_t opening, last = LAST_MICROS
        cdef bint waited
        if now >= rule.ends:
            return self._finish(run, now, rule.ended, user)
        if rule.window >= 0:
            opening = self._opening(rule.window, now)
            if rule.expires >= 0:
                last = min(run.due + rule.expires, LAST_MICROS)
                waited = opening != now and (run.waiting or rule.expires == 0)
                if now > last or (now == last and waited):
                    return self._finish(run, now, rule.expired, user)
            if opening == NEVER or (opening != now and rule.else_skip):
                return self._finish(run, now, rule.outside, user)
            if opening != now:
                run.waiting = True
                run.wake = opening if rule.expires < 0 else min(opening, last)
                return self._push(run.wake, rule.rank, number)
        if rule.limit >= 0 and self._is_full(&self.caps[rule.limit], now):
            return self._finish(run, now, rule.limited, user)
        return self._finish(run, now, self._capped(rule, now), user)

    cdef int _finish(self, Run* run, int64_t now, int32_t kind, int32_t user) except -1 nogil:
        run.open = False
        if run.older >= 0:
            self.runs[run.older].younger = run.younger
        else:
            self.oldest[run.rule] = run.younger
        if run.younger >= 0:
            self.runs[run.younger].older = run.older
        else:
            self.youngest[run.rule] = run.older
        self.open_runs[run.rule] -= 1
        self.n_open -= 1
        return self._decide(run, now, kind, user, False)

    cdef int _decide(self, Run* run, int64_t at, int32_t kind, int32_t user, bint pending) except -1 nogil:
        cdef Decision made
        if not (self.user_shown and self.shown[kind]):
            return 0
        self.is_reached = self.is_reached or kind == self.rules[run.rule].sent
        made.time, made.triggered, made.due, made.event = at, run.triggered, run.due, run.event
        made.user, made.kind, made.number, made.arrival = user, kind, run.number, self.arrival
        return self.still_pending.add(&made) if pending else self.found.add(&made)

    # ------------------------------------------------------------------ windows and caps
    cdef int64_t _opening(self, int32_t number, int64_t now) except? -1 nogil:
        """The next opening of a rule's windows; NEVER where there is none."""
        cdef WindowTable* window = &self.window_tables[number]
        cdef int64_t found = ASK
        if window.spans:
            found = next_opening(window, &self.zone_tables[self.zone if window.zone < 0 else window.zone], now)
        if found == ASK:
            with gil:
                opening = self.ask_opening(self.windows[number], now, self.zones[self.zone])
                found = NEVER if opening is None else opening
        return found

    cdef int32_t _capped(self, Rule* rule, int64_t now) except -1 nogil:
        """The kind of the send: capped by the first cap that is full; when none is, it counts in all of them.

        Then it counts for the rule's limit too.
        """
        cdef int32_t i
        for i in range(rule.first_cap, rule.first_cap + rule.caps):
            if self._is_full(&self.caps[self.rule_caps[i].cap], now):
                return self.rule_caps[i].kind
        for i in range(rule.first_cap, rule.first_cap + rule.caps):
            self._count(&self.caps[self.rule_caps[i].cap], now)
        if rule.limit >= 0:
            self._count(&self.caps[rule.limit], now)
        return rule.sent

    cdef int _count(self, Cap* cap, int64_t now) except -1 nogil:
        if cap.sends == cap.room:
            cap.room = 2 * cap.room + 64
            cap.times = <int64_t*> _grown(cap.times, cap.room * sizeof(int64_t))
        cap.times[cap.sends] = now
        cap.sends += 1
        return 0

    cdef int _is_full(self, Cap* cap, int64_t now) except -1 nogil:
        cdef int64_t time, then, today
        if cap.count == 0:
            return True
        if cap.sends < cap.count:
            return False
        time = cap.times[cap.sends - cap.count]
        if cap.period == EVER:
            return True
        if cap.period == DURATION:
            return time > now - cap.length
        then, today = self._day(time), self._day(now)
        if cap.period == OF_WEEK:
            # Day 0 was a Thursday; weeks begin on Mondays.
            then, today = floor_of(then + 3, 7), floor_of(today + 3, 7)
        elif cap.period == OF_MONTH:
            then, today = month_of(then), month_of(today)
        return then == today

    cdef int64_t _day(self, int64_t at) except? -1 nogil:
        cdef int64_t found = local_day(&self.zone_tables[self.zone], at)
        if found == ASK:
            with gil:
                found = self.zones[self.zone].day(at)
        return found

    # ------------------------------------------------------------------ timers
    cdef int _push(self, int64_t wake, int32_t rank, int32_t run) except -1 nogil:
        cdef Timer timer = Timer(wake, rank, run)
        cdef int32_t place = self.n_timers, above
        if self.n_timers == self.timer_room:
            self.timer_room = 2 * self.timer_room + 64
            self.timers = <Timer*> _grown(self.timers, self.timer_room * sizeof(Timer))
        self.n_timers += 1
        while place:
            above = (place - 1) // 2
            if not _before(&timer, &self.timers[above]):
                break
            self.timers[place] = self.timers[above]
            place = above
        self.timers[place] = timer
        return 0

    cdef Timer _pop(self) noexcept nogil:
        cdef Timer first = self.timers[0], last
        cdef int32_t place = 0, below
        self.n_timers -= 1
        last = self.timers[self.n_timers]
        while True:
            below = 2 * place + 1
            if below >= self.n_timers:
                break
            if below + 1 < self.n_timers and _before(&self.timers[below + 1], &self.timers[below]):
                below += 1
            if not _before(&self.timers[below], &last):
                break
            self.timers[place] = self.timers[below]
            place = below
        self.timers[place] = last
        return first

