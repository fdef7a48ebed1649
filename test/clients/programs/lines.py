"""The line protocol of line-program.ts for Python: serve() runs a table of requests until the input ends."""

import sys
from urllib.parse import quote_from_bytes, unquote_to_bytes


def _encode(word):
    data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
    return quote_from_bytes(data, safe="") or ""


def serve(requests):
    """Answers each request with what its function returns: a list of words, or nothing. Words are bytes."""
    for line in sys.stdin.buffer:
        verb, *words = [unquote_to_bytes(word) for word in line.rstrip(b"\n").split(b" ")]
        try:
            answer = ["ok", *(requests[verb.decode()](*words) or [])]
        except Exception as error:  # every failure is the answer to its request
            answer = ["error", f"{type(error).__name__}: {error}"]
        sys.stdout.write(" ".join(_encode(word) for word in answer) + "\n")
        sys.stdout.flush()
