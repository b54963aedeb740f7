"""A form for any verb of any mechanic, made of its parameters; what was typed comes back raw for the engine."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.campaigns.enums import PartState
from apps.campaigns.mechanics.base import Param, ParamKind, Verb
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.services.photos import keep_photos

_MOST_PARTS = 200


@dataclass(frozen=True)
class Input:
    """One parameter as the template shows it; ``options`` of a part are (id, words)."""

    param: Param
    name: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def kind(self) -> str:
        return self.param.kind.value


def inputs_of(
    verb: Verb,
    *,
    entry: Entry | None = None,
    request: HttpRequest | None = None,
    fixed: frozenset[str] = frozenset(),
    error_field: str = "",
    error: str = "",
) -> list[Input]:
    """Inputs for ``verb`` on ``entry``, with what ``request`` posted in them; parameters in ``fixed`` are left out."""
    posted = request.POST if request is not None else {}
    return [
        Input(
            param=param,
            name=f"p_{param.key}",
            value=posted.get(f"p_{param.key}", ""),
            options=_parts(entry) if param.kind == ParamKind.PART and entry else (),
            error=error if param.key == error_field else "",
        )
        for param in verb.params
        if param.key not in fixed
    ]


def posted_params(request: HttpRequest, verb: Verb) -> dict[str, Any]:
    """What was posted for ``verb``, raw. Raises ``Invalid`` for a picture that is none."""
    found: dict[str, Any] = {}
    for param in verb.params:
        name = f"p_{param.key}"
        if param.kind == ParamKind.PHOTOS:
            found[param.key] = keep_photos(request.FILES.getlist(name)[: param.most])
        else:
            found[param.key] = request.POST.get(name, "")
    return found


def yes_no_of(verb: Verb) -> Param | None:
    """The one question that a verb answers with yes or no: it gets two buttons instead of a form."""
    questions = [param for param in verb.params if param.kind == ParamKind.BOOLEAN and param.is_required]
    return questions[0] if len(questions) == 1 else None


def _parts(entry: Entry) -> tuple[tuple[str, str], ...]:
    rows = Contribution.objects.filter(entry=entry).exclude(state=PartState.VOID).select_related("member")
    return tuple(
        (str(part.pk), _("%(who)s · %(state)s") % {"who": part.member, "state": part.get_state_display()})
        for part in rows.order_by("id")[:_MOST_PARTS]
    )
