"""(rule, user) → a place between 0 and 100, by which users fall into variants and holdouts.

The place is `100 * h / 2**53`, where `h` is the first 53 bits of BLAKE2b with an 8-byte digest over
`length of rule (8 bytes, big-endian) + rule + user`, both in UTF-8, personalised with `trig variant` or
`trig holdout`.  The algorithm is a promise: a user stays where they are in every version, and the two
personalisations make holdouts independent of variants.
"""

from __future__ import annotations

from hashlib import blake2b

_VARIANT = b"trig variant"
_HOLDOUT = b"trig holdout"


def share(rule: str, user: str) -> float:
    """Where a user stands among a rule's share variants: in [0, 100), uniform over users."""
    return _place(rule, user, _VARIANT)


def holdout_share(rule: str, user: str) -> float:
    """Where a user stands for a rule's holdout: in [0, 100), uniform over users, independent of `share`."""
    return _place(rule, user, _HOLDOUT)


def stable_hash(data: bytes, purpose: bytes = b"") -> int:
    """64 bits of BLAKE2b, the same in every process and version; `purpose` (up to 16 bytes) keeps uses apart."""
    return int.from_bytes(blake2b(data, digest_size=8, person=purpose).digest(), "big")


def _place(rule: str, user: str, purpose: bytes) -> float:
    name = rule.encode("utf-8", "surrogatepass")
    data = len(name).to_bytes(8, "big") + name + user.encode("utf-8", "surrogatepass")
    return (stable_hash(data, purpose) >> 11) * (100 / 2**53)
