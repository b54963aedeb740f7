"""What every mechanic is made of: rules, what it may look at, what it may ask for."""

from apps.campaigns.mechanics.base.effects import (
    AddPart,
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Claim,
    Decision,
    Effect,
    Give,
    MovePoints,
    OpenAnother,
    OrderSpec,
    Quota,
    Refund,
    Stock,
    TakeBack,
    Unclaim,
)
from apps.campaigns.mechanics.base.facts import Action, Actor, Part, RunFacts, State, Turn
from apps.campaigns.mechanics.base.forecast import Payment, Result, Shape
from apps.campaigns.mechanics.base.mechanic import Mechanic
from apps.campaigns.mechanics.base.pages import Button, Costs, Figure, Offer, Page, Totals, Voice
from apps.campaigns.mechanics.base.refusal import Refused
from apps.campaigns.mechanics.base.rules import Problem, Rules, rule
from apps.campaigns.mechanics.base.verbs import Param, ParamKind, RankPrize, ScoreSource, Slot, Verb, Who

__all__ = [
    "Action",
    "Actor",
    "AddPart",
    "Button",
    "CancelOrder",
    "ChangeEntry",
    "ChangePart",
    "Claim",
    "Costs",
    "Decision",
    "Effect",
    "Figure",
    "Give",
    "Mechanic",
    "MovePoints",
    "Offer",
    "OpenAnother",
    "OrderSpec",
    "Page",
    "Param",
    "ParamKind",
    "Part",
    "Payment",
    "Problem",
    "Quota",
    "RankPrize",
    "Refund",
    "Refused",
    "Result",
    "Rules",
    "RunFacts",
    "ScoreSource",
    "Shape",
    "Slot",
    "State",
    "Stock",
    "TakeBack",
    "Totals",
    "Turn",
    "Unclaim",
    "Verb",
    "Voice",
    "Who",
    "rule",
]
