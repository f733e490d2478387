; Colours: what a node is to an editor.

(comment) @comment
(string) @string
[(number_literal) (percentage) (ordinal) (duration_literal) (time) (date_literal) (month_day)] @number

[
  "add to" "after" "as" "at" "at most" "between" "calendar" "call" "cap"
  "channel" "emit" "event" "every" "expect" "expires" "first" "for"
  "for at most" "for each" "from" "goal" "holdout" "if" "in last" "invariant" "last" "limit"
  "list" "no" "not on" "on" "on edit" "once" "otherwise" "per" "previous" "priority" "remove from"
  "requires" "rule" "segment" "send" "set" "since" "stop on" "tag" "test" "then"
  "time since" "timezone" "unless" "until" "when" "where" "while pending"
  "with" "within"
] @keyword
[(any_event) (today) (ever) (urgent) (else_skip)] @keyword
(user_decl "user" @keyword)
(test_user "user" @keyword)

["and" "contains" "default" "ends with" "exists" "in" "is missing" "matches" "not" "not in" "or" "starts with"] @keyword.operator
["==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "="] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":"] @punctuation.delimiter
[(true) (false)] @boolean
(nothing) @constant.builtin

; Words that are keywords in their place only
(limit_period ["day" "week" "month" "ever"] @keyword)
(every_day "day" @keyword)
(every_weekday ["mon" "tue" "wed" "thu" "fri" "sat" "sun" "weekday" "weekend"] @keyword)
(every_month "month" @keyword)
(every_year "year" @keyword)
(every_year_of "year" @keyword)
(on_days ["mon" "tue" "wed" "thu" "fri" "sat" "sun" "weekdays" "weekends"] @keyword)
(after_days ["day" "days"] @keyword)
(zone ["local" "utc"] @keyword)
(system_event ["sent" "opened" "clicked" "bounced" "unsubscribed"] @keyword)
(ignored "ignored" @keyword)
(enters "enters" @keyword)
(leaves "leaves" @keyword)
(becomes "becomes" @keyword)
(changes "changes" @keyword)
(length_limit "characters" @keyword)
(while_pending ["ignore" "restart" "stack"] @keyword)
(on_edit ["keep" "retime" "cancel"] @keyword)
(holidays "holidays" @keyword)
(template_file "template" @keyword)
(cap_all "all" @keyword)
(expect_sends ["sends" "send"] @keyword)
(expect_rule ["only" "containing"] @keyword)
(at_most_sends "sends" @keyword)
(status) @constant

; Names
(event (name) @type)
(event_decl (name) @type)
(emit (name) @type)
(test_event (name) @type)
(happened (path (name) @type))
(type) @type.builtin
(rule (name) @function)
(system_event (name) @function)
(ignored (name) @function)
(expect_rule . "expect" . (name) @function)
(invariant (name) @function)
(call (name) @function.call)
(call_action (name) @function.call)
(channel (name) @tag)
(send (name) @tag)
(cap_channel (name) @tag)
(segment (name) @constructor)
(list_decl (name) @constructor)
(add (name) @constructor)
(remove (name) @constructor)
(enters (name) @constructor)
(leaves (name) @constructor)
(in (user) (path (name) @constructor))
(not_in (user) (path (name) @constructor))
(calendar (name) @constructor)
(holidays (name) @constructor)
(every_date_of (name) @constructor)
(on_calendar (name) @constructor)
(not_on_calendar (name) @constructor)
(tag (name) @label)
(cap_tag (name) @label)
(when (name) @label)
(otherwise (name) @label)
(share (name) @label)
(field (name) @property)
(field (path_literal) @property)
(entry (name) @property)
(entry (path_literal) @property)
(with_entry (name) @property)
(path (path_literal) @variable)
(user) @variable.builtin
