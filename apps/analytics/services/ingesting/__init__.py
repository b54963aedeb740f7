"""Facts from outside: judged one by one, written as a set."""

from apps.analytics.services.ingesting.batch import MOST_ERRORS, MOST_ITEMS, Answer, ingest
from apps.analytics.services.ingesting.reading import Problem

__all__ = ["MOST_ERRORS", "MOST_ITEMS", "Answer", "Problem", "ingest"]
