"""The board's columns."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber

from apps.groups.enums import GroupStage
from apps.groups.models import Group

#: Cards shown per column; the rest is a link to the filtered list.
CARDS_PER_STAGE = 30


@dataclass(frozen=True)
class Column:
    stage: str
    label: str
    total: int
    cards: list[Group]

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


def board_columns(groups: QuerySet[Group]) -> list[Column]:
    """One column per stage with at most ``CARDS_PER_STAGE`` groups, fullest first; two queries."""
    totals = dict(groups.order_by().values_list("stage").annotate(Count("pk")))
    place = Window(RowNumber(), partition_by="stage", order_by=["-member_count", "name"])
    cards = groups.select_related("channel", "owner", "team").annotate(place=place)
    shown: dict[str, list[Group]] = {}
    for group in cards.filter(place__lte=CARDS_PER_STAGE).order_by("stage", "place"):
        shown.setdefault(group.stage, []).append(group)
    return [
        Column(stage, str(label), totals.get(stage, 0), shown.get(stage, []))
        for stage, label in GroupStage.choices
    ]
