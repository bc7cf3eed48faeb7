"""Passwords of staff: Argon2id with the parameters of RFC 9106 for little memory (64 MiB, three passes)."""

from __future__ import annotations

from functools import lru_cache

import argon2


@lru_cache(maxsize=1)
def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)


def hash_password(password: str) -> str:
    """Return what is stored in place of ``password``."""
    return _hasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Return whether ``password`` is the one of ``password_hash``; without a hash it is wrong, after as long a time."""
    try:
        return _hasher().verify(password_hash or _nobodys(), password) and password_hash is not None
    except argon2.exceptions.VerifyMismatchError:
        return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return hash_password("nobody has this password")
