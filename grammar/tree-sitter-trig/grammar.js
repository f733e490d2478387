/**
 * Trig for tree-sitter: the rules of trig.lark, one for one and under the same names, so that both make the same trees.
 *
 * What differs is at the level of words. Here a keyword is one only where it can stand, so that a few programs pass which
 * the language refuses (a reserved word as a name); and every kind of word is a node, which colours need.
 */

// Letters, and the ideographs and syllables that older tables of tree-sitter leave out of them.
const LETTER = "\\p{L}\\p{Nl}\\p{No}_\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uAC00-\\uD7A3\\u{20000}-\\u{323AF}";
const NAME = new RegExp(`[${LETTER}][${LETTER}\\p{N}]*`, "u");
const PART = new RegExp(`([${LETTER}][${LETTER}\\p{N}]*|\`[^\`\\n]+\`)`, "u");

// The keywords of several words, each one token.
const WORDS = {
  IN_LAST: /in\s+last\s/, // the white space keeps `in lastly` out
  NOT_IN: /not\s+in/,
  NOT_ON: /not\s+on/,
  STOP_ON: /stop\s+on/,
  ON_EDIT: /on\s+edit/,
  FOR_EACH: /for\s+each/,
  FOR_AT_MOST: /for\s+at\s+most/,
  AT_MOST: /at\s+most/,
  WHILE_PENDING: /while\s+pending/,
  STARTS_WITH: /starts\s+with/,
  ENDS_WITH: /ends\s+with/,
  IS_MISSING: /is\s+missing/,
  TIME_SINCE: /time\s+since/,
  ADD_TO: /add\s+to/,
  REMOVE_FROM: /remove\s+from/,
  ELSE_SKIP: /else\s+skip/,
};

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const SYSTEM_KINDS = ["sent", "opened", "clicked", "bounced", "unsubscribed"];

// Words that are names too, as in trig.lark.
const PLAIN_BUT_SENDS = [
  ...SYSTEM_KINDS, "ignored",
  "enters", "leaves", "becomes", "changes",
  "local", "utc", "characters", "containing", "holidays", "template",
  "ignore", "restart", "stack",
  "keep", "retime", "cancel",
  "week", "days",
];
const PLAIN = [...PLAIN_BUT_SENDS, "sends"];
const DAY_WORDS = [...WEEKDAYS, "weekday", "weekdays", "weekend", "weekends", "day", "month", "year"];

const commaList = (rule) => seq(rule, repeat(seq(",", rule)), optional(","));
const nameOf = ($, words) => choice($.identifier, $.quoted_identifier, ...words);
/** A keyword of several words, under its words: `in last`. */
const word = (name) => alias(token(prec(1, WORDS[name])), name.toLowerCase().replaceAll("_", " "));

module.exports = grammar({
  name: "trig",

  word: ($) => $.identifier,
  extras: ($) => [/\s|\uFEFF/, $.comment],
  // `cap 2 per day` belongs to a channel, `cap push 2 per day` stands by itself: the word after `cap` tells.
  conflicts: ($) => [[$.channel]],

  rules: {
    file: ($) => repeat($._item),

    _item: ($) =>
      choice(
        $.timezone, $.event_decl, $.user_decl, $.channel, $._cap, $.calendar, $.holidays, $.segment, $.list_decl,
        $.rule, $.test, $.invariant,
      ),

    // Declarations

    timezone: ($) => seq("timezone", $.string),
    event_decl: ($) => seq("event", $.name, optional(seq("=", $.string)), optional($.fields)),
    user_decl: ($) => seq("user", $.fields),
    fields: ($) => seq("{", optional(commaList($.field)), "}"),
    field: ($) => seq($._key, ":", $.type),
    type: ($) => choice($.identifier, "list"),

    channel: ($) => seq("channel", $.name, ":", repeat($._policy)),
    _policy: ($) =>
      choice($.between, $.on_days, $.on_calendar, $.not_on_calendar, $.channel_cap, $.requires, $.length_limit),
    channel_cap: ($) => seq("cap", $.number_literal, "per", $.limit_period),
    requires: ($) => seq("requires", $._expression),
    length_limit: ($) => seq("limit", $.number_literal, "characters"),

    _cap: ($) => choice($.cap_all, $.cap_tag, $.cap_channel),
    cap_all: ($) => seq("cap", "all", $.number_literal, "per", $.limit_period),
    cap_tag: ($) => seq("cap", "tag", $.name, $.number_literal, "per", $.limit_period),
    cap_channel: ($) =>
      seq("cap", alias($.channel_name, $.name), $.number_literal, "per", $.limit_period),

    calendar: ($) => seq("calendar", $.name, "=", "[", optional(commaList($.date_literal)), "]"),
    holidays: ($) => seq("calendar", $.name, "=", "holidays", $.string),
    segment: ($) => seq("segment", $.name, "=", $._expression),
    list_decl: ($) => seq("list", $.name),

    // Rules

    rule: ($) =>
      seq(
        optional(seq("rule", $.name, optional($.string), ":")),
        "if", $.head, $.step, repeat($._part),
      ),
    head: ($) => choice(seq($._trigger, optional(seq("and", $._expression))), $._trigger_where),

    _trigger: ($) =>
      choice(
        $.on_event, $.on_nth, $.on_every_nth, $.silence, $.becomes, $.changes, $.enters, $.leaves, $.scheduled,
        $.ignored,
      ),
    _trigger_where: ($) =>
      choice(
        alias($.on_event_where, $.on_event),
        alias($.on_nth_where, $.on_nth),
        alias($.on_every_nth_where, $.on_every_nth),
      ),
    on_event: ($) => $._events,
    on_nth: ($) => seq(choice("first", $.ordinal), $._events),
    on_every_nth: ($) => seq("every", $.ordinal, $._events),
    on_event_where: ($) => seq($._events, "where", $._expression),
    on_nth_where: ($) => seq(choice("first", $.ordinal), $._events, "where", $._expression),
    on_every_nth_where: ($) => seq("every", $.ordinal, $._events, "where", $._expression),
    silence: ($) => seq("no", $._events, "for", $.duration_literal),
    becomes: ($) => seq($.path_literal, "becomes", $._literal),
    changes: ($) => seq($.path_literal, "changes"),
    enters: ($) => seq("user", "enters", $.name),
    leaves: ($) => seq("user", "leaves", $.name),
    ignored: ($) => seq("ignored", $.name, "after", $.duration_literal),
    scheduled: ($) => seq($._schedule, $.at),

    _schedule: ($) =>
      choice(
        $.every_day, $.every_weekday, $.every_month, $.every_year, $.every_year_of, $.every_date_of, $.on_date,
      ),
    every_day: () => seq("every", "day"),
    every_weekday: ($) => seq("every", choice($._weekdays, "weekday", "weekend")),
    every_month: ($) => seq("every", "month", "on", $.number_literal),
    every_year: ($) => seq("every", "year", "on", $.month_day),
    every_year_of: ($) => seq("every", "year", "on", $.path_literal),
    every_date_of: ($) => seq("every", alias($.calendar_name, $.name)),
    on_date: ($) => seq("on", $.date_literal),
    _weekdays: ($) => seq($._weekday, repeat(seq(",", $._weekday))),
    _weekday: () => choice(...WEEKDAYS),

    at: ($) => seq("at", $.time, optional($.zone)),
    zone: ($) => choice("local", "utc", $.string),

    _part: ($) => choice($.step, $._modifier, $._clause),

    step: ($) =>
      seq(
        "then", optional(choice($.after, $.after_days)), optional($.at), optional($.guard),
        $._action, repeat(seq(",", $._action)),
      ),
    after: ($) => seq("after", $.duration_literal),
    after_days: ($) => seq("after", $.number_literal, "calendar", choice("day", "days")),
    guard: ($) => seq("if", $._expression),

    // Actions

    _action: ($) => choice($.send, $.set, $.add, $.remove, $.emit, $.call_action),

    send: ($) =>
      seq("send", $.name, optional(choice($._content, $.variants)), optional(seq("with", $.with_record))),
    _content: ($) => choice($.string, $.template_file),
    template_file: ($) => seq("template", $.string),
    with_record: ($) => seq("{", optional(commaList($.with_entry)), "}"),
    with_entry: ($) => seq($._key, ":", choice($._value, $.template_file)),

    variants: ($) => repeat1($._variant),
    _variant: ($) => choice($.when, $.otherwise, $.share),
    when: ($) => seq("when", $._expression, optional(seq("as", $.name)), ":", $._variant_content),
    otherwise: ($) => seq("otherwise", optional(seq("as", $.name)), ":", $._variant_content),
    share: ($) => seq($.percentage, optional(seq("as", $.name)), ":", $._variant_content),
    _variant_content: ($) => choice($._content, $.nothing),

    set: ($) => seq("set", $.path_literal, "=", choice($._expression, $.nothing)),
    add: ($) => seq(word("ADD_TO"), $.name),
    remove: ($) => seq(word("REMOVE_FROM"), $.name),
    emit: ($) => seq("emit", $.name, optional($.record)),
    call_action: ($) => seq("call", $.name, "(", optional(commaList($.entry)), ")"),
    nothing: () => "nothing",

    // Modifiers of the step before them

    _modifier: ($) =>
      choice(
        $.unless, $.between, $.on_days, $.on_calendar, $.not_on_calendar, $.else_skip, $.expires, $.priority, $.urgent,
      ),
    unless: ($) => seq("unless", $._events, optional($.where), optional(seq("within", $.duration_literal))),
    where: ($) => seq("where", $._expression),
    between: ($) => seq("between", $.range, repeat(seq(",", $.range)), optional($.zone)),
    range: ($) => seq($.time, "-", $.time),
    on_days: ($) => seq("on", choice($._weekdays, "weekdays", "weekends")),
    on_calendar: ($) => seq("on", alias($.calendar_name, $.name)),
    not_on_calendar: ($) => seq(word("NOT_ON"), alias($.calendar_name, $.name)),
    else_skip: () => word("ELSE_SKIP"),
    expires: ($) => seq("expires", $.duration_literal),
    priority: ($) => seq("priority", optional("-"), $.number_literal),
    urgent: () => "urgent",

    // Clauses of the whole rule

    _clause: ($) =>
      choice(
        $.stop_on, $.once, $.at_most, $.while_pending, $.for_each, $.from, $.until, $.holdout, $.goal, $.tag,
        $.on_edit,
      ),
    stop_on: ($) => seq(word("STOP_ON"), $._events, optional($.where)),
    once: ($) => seq("once", optional(seq("per", $.limit_period))),
    at_most: ($) => seq(word("AT_MOST"), $.number_literal, "per", $.limit_period),
    limit_period: ($) => choice("day", "week", "month", "ever", $.duration_literal),
    while_pending: ($) =>
      seq(
        word("WHILE_PENDING"), choice("ignore", "restart", "stack"),
        optional(seq(word("FOR_AT_MOST"), $.duration_literal)),
      ),
    for_each: ($) => seq(word("FOR_EACH"), choice($.path_literal, $.name)),
    from: ($) => seq("from", $.date_literal),
    until: ($) => seq("until", $.date_literal),
    holdout: ($) => seq("holdout", $.percentage),
    goal: ($) => seq("goal", $._events, optional($.where), "within", $.duration_literal),
    tag: ($) => seq("tag", $.name, repeat(seq(",", $.name))),
    on_edit: () => seq(word("ON_EDIT"), choice("keep", "retime", "cancel")),

    // Events named in rules

    _events: ($) => choice($._event, $.either),
    either: ($) => seq($._event, repeat1(seq("or", $._event))),
    _event: ($) =>
      choice(
        $.event, $.any_event, $.system_event,
        alias($.events_in_parentheses, $.group),
        alias($.events_where, $.where_group),
      ),
    event: ($) => $.name,
    any_event: () => "any",
    system_event: ($) => seq(choice(...SYSTEM_KINDS), $.name),
    events_in_parentheses: ($) => seq("(", $._events, ")"),
    events_where: ($) => seq("(", $._events, "where", $._expression, ")"),

    // Expressions, loosest first

    _expression: ($) => choice($._conjunction, $.or),
    or: ($) => seq($._conjunction, repeat1(seq("or", $._conjunction))),
    _conjunction: ($) => choice($._negation, $.and),
    and: ($) => seq($._negation, repeat1(seq("and", $._negation))),
    _negation: ($) => choice($._comparison, $.not),
    not: ($) => seq("not", $._negation),
    _comparison: ($) =>
      choice($._sum, $.compare, $.matches, $.in, $.not_in, $.exists, $.is_missing),
    compare: ($) =>
      seq(
        $._sum,
        choice("==", "!=", "<=", ">=", "<", ">", "contains", word("STARTS_WITH"), word("ENDS_WITH")),
        $._sum,
      ),
    matches: ($) => seq($._sum, "matches", $.string),
    in: ($) => seq($._sum, "in", $._sum),
    not_in: ($) => seq($._sum, word("NOT_IN"), $._sum),
    exists: ($) => seq($._sum, "exists"),
    is_missing: ($) => seq($._sum, word("IS_MISSING")),
    _sum: ($) => choice($._product, alias($.addition, $.arithmetic)),
    addition: ($) => seq($._sum, choice("+", "-"), $._product),
    _product: ($) => choice($._signed, alias($.multiplication, $.arithmetic)),
    multiplication: ($) => seq($._product, choice("*", "/"), $._signed),
    _signed: ($) => choice($._defaulted, $.negative),
    negative: ($) => seq("-", $._signed),
    _defaulted: ($) => choice($._primary, $.default),
    default: ($) => seq($._defaulted, "default", $._fallback),
    _fallback: ($) => choice($._primary, alias($.negative_fallback, $.negative)),
    negative_fallback: ($) => seq("-", $._fallback),

    _primary: ($) => choice($._atom, $.happened, $.not_happened),
    happened: ($) => seq($._atom, $._period),
    not_happened: ($) => seq("no", $._event, $._period),
    _period: ($) => choice($.in_last, $.since, $.today, $.ever),
    in_last: ($) => seq(word("IN_LAST"), $.duration_literal),
    since: ($) => seq("since", $._event),
    today: () => "today",
    ever: () => "ever",

    // An event, a group of events and an event with `where` are read as expressions here.
    _atom: ($) =>
      choice(
        $._literal_but_minus, $.path, $.user, $.any_event, $.system_event, $.group, $.where_group, $.property, $.call,
        $.time_since, $.time_since_previous,
      ),
    path: ($) => choice($.path_literal, $.name),
    user: () => "user",
    group: ($) => seq("(", $._expression, ")"),
    where_group: ($) => seq("(", $._expression, "where", $._expression, ")"),
    property: ($) => seq("(", $._expression, optional(seq("where", $._expression)), ")", $.tail),
    call: ($) =>
      seq(
        choice($.name, $.path_literal, "first", "last", "previous"),
        "(", optional(commaList($._argument)), ")",
      ),
    time_since: ($) => seq(word("TIME_SINCE"), $._event),
    time_since_previous: ($) => seq(word("TIME_SINCE"), "previous", $._event),
    _argument: ($) => choice($._expression, alias($.argument_where, $.where_group)),
    argument_where: ($) => seq($._expression, "where", $._expression),

    _literal: ($) => choice($._literal_but_minus, $.negative_number),
    negative_number: ($) => seq("-", $.number_literal),
    _literal_but_minus: ($) =>
      choice($.text, $.number, $.true, $.false, $.date, $.duration, $.list),
    text: ($) => $.string,
    number: ($) => $.number_literal,
    true: () => "true",
    false: () => "false",
    date: ($) => $.date_literal,
    duration: ($) => $.duration_literal,
    list: ($) => seq("[", optional(commaList($._value)), "]"),

    record: ($) => seq("{", optional(commaList($.entry)), "}"),
    entry: ($) => seq($._key, ":", $._value),
    _value: ($) => choice($._expression, $.record),

    // Tests and invariants

    test: ($) =>
      seq("test", $.string, ":", choice(seq($.test_user, repeat($._test_line)), repeat1($._test_line))),
    test_user: ($) => seq("user", optional($.record), optional(seq("in", $.name, repeat(seq(",", $.name))))),
    _test_line: ($) => choice($.test_event, $.test_change, $.expect_sends, $.expect_rule),
    test_event: ($) => seq($._moment, $.name, optional($.record)),
    test_change: ($) => seq($._moment, choice($.test_set, $.add, $.remove)),
    test_set: ($) => seq("set", $.path_literal, "=", choice($._literal, $.record, $.nothing)),
    _moment: ($) => choice($.moment, $.later),
    moment: ($) => seq($.date_literal, $.time),
    later: ($) => seq("+", $.duration_literal),

    expect_sends: ($) => seq("expect", choice($.number_literal, "no"), choice("sends", "send")),
    expect_rule: ($) =>
      seq(
        "expect", optional(choice("no", "only")), alias($.expected_rule, $.name),
        optional(seq($.status, optional($.string))),
        optional(seq("at", $.moment)),
        optional(seq("on", $.name)),
        optional(seq("as", $.name)),
        optional(seq("containing", $.string)),
      ),
    status: ($) => choice($.identifier, "sent"),

    invariant: ($) => seq("invariant", $.name, ":", $._promise),
    _promise: ($) => choice($.no_send_between, $.no_send_after, $.at_most_sends),
    no_send_between: ($) => seq("no", "send", optional($.name), $.between),
    no_send_after: ($) =>
      seq("no", "send", optional($.name), "within", $.duration_literal, "after", $._events, optional($.where)),
    at_most_sends: ($) => seq(word("AT_MOST"), $.number_literal, "sends", "per", $.limit_period),

    // Names: the kinds differ in which words would read two ways.

    _key: ($) => choice($.path_literal, $.name, $.string),
    name: ($) => nameOf($, [...PLAIN, "all", "only", ...DAY_WORDS]),
    channel_name: ($) => nameOf($, [...PLAIN, "only", ...DAY_WORDS]),
    calendar_name: ($) => nameOf($, [...PLAIN, "all", "only"]),
    expected_rule: ($) => nameOf($, [...PLAIN_BUT_SENDS, "all", ...DAY_WORDS]),

    // Words

    identifier: () => NAME,
    quoted_identifier: () => /`[^`\n]+`/,
    path_literal: () => token(seq(PART, repeat1(seq(".", PART)))),
    tail: () => token(repeat1(seq(".", PART))),
    string: () =>
      token(choice(seq('"', /([^"\\\n]|\\[^\n])*/, '"'), seq('"""', /([^"\\]|\\(.|\n)|"[^"\\]|""[^"\\]|"\\(.|\n)|""\\(.|\n))*/, '"""'))),
    number_literal: () => /[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/,
    percentage: () => /[0-9]+(\.[0-9]+)?%/,
    ordinal: () => /[0-9]+(st|nd|rd|th)/,
    duration_literal: () => /([0-9]+[smhdw])+|[0-9]+[ \t]+(second|minute|hour|day|week)s?/,
    time: () => /[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?/,
    date_literal: () => /[0-9]{4}-[0-9]{2}-[0-9]{2}/,
    month_day: () => /[0-9]{2}-[0-9]{2}/,
    comment: () => /#[^\n]*/,
  },
});
