"""Finding Chinese names of two characters by a trigram index."""

import re

from django.db import models


class Doubled(models.Func):
    """Upper case with every character written twice: 张伟 → 张张伟伟.

    Trigrams need three characters, and Chinese names are searched by two. Written twice, two characters hold
    two trigrams (张张伟, 张伟伟), so ``LIKE '%张张伟伟%'`` is answered by the index. Doubling finds exactly what
    the plain text would: a match at an odd place can only be a run of one character.
    """

    function = "regexp_replace"
    template = r"regexp_replace(upper(%(expressions)s), '(.)', '\1\1', 'g')"
    output_field = models.TextField()


def doubled(term: str) -> str:
    """``term`` as ``Doubled`` stores it."""
    return re.sub(r"(.)", r"\1\1", term.upper(), flags=re.DOTALL)
