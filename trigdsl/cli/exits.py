"""What the exit status of `trig` means."""

FINE = 0
RULES_AT_FAULT = 1
CALL_AT_FAULT = 2
INTERRUPTED = 130
