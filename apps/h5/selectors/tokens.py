"""What is stored of a browser's cookie."""

import hashlib


def hash_of(token: str) -> str:
    """SHA-256 in 64 hex characters, "" for "": who reads the table cannot be that browser."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""
