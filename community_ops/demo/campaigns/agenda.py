"""What happens when: steps are played in the order of time, whatever order they were planned in."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.utils import timezone

type Step = Callable[[datetime], object]

#: How busy the hours of a day are, from midnight on.
_BUSY = (1, 1, 1, 1, 1, 1, 2, 4, 6, 6, 6, 7, 9, 7, 5, 5, 5, 6, 8, 10, 12, 11, 8, 4)


class Agenda:
    """Steps by their moments. A step may plan later ones; what is planned for the past comes next."""

    def __init__(self) -> None:
        self._steps: list[tuple[datetime, int, Step]] = []
        self._numbers = count()

    def at(self, moment: datetime, step: Step) -> None:
        heapq.heappush(self._steps, (moment, next(self._numbers), step))

    def play(self, *, until: datetime) -> int:
        """Play everything up to ``until``; returns how many steps. What lies after it never happens."""
        played = 0
        while self._steps and self._steps[0][0] <= until:
            moment, _number, step = heapq.heappop(self._steps)
            step(moment)
            played += 1
        return played


def moments(dice: Random, number: int, since: datetime, until: datetime) -> list[datetime]:
    """``number`` moments between the two in order, more in busy hours: so that a chart has a day's shape."""
    found: list[datetime] = []
    span = max((until - since).total_seconds(), 1.0)
    while len(found) < number:
        moment = since + timedelta(seconds=dice.random() * span)
        if dice.randrange(max(_BUSY)) < _BUSY[timezone.localtime(moment).hour]:
            found.append(moment)
    return sorted(found)
