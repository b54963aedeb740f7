"""The verbs in the API's description, read from the registry each time: a new mechanic's appear by themselves."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from apps.campaigns.api.base import KEY_HEADER, LONGEST_KEY
from apps.campaigns.mechanics.base import Mechanic, Param, ParamKind, Verb, Who
from apps.campaigns.mechanics.registry import all_mechanics

KEY = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description=f"A random value of 1 to {LONGEST_KEY} characters for this action; a retry sends the same one.",
)
_MEMBERS = (Who.OWNER, Who.OTHERS, Who.ANYONE)
_WHO = {Who.OWNER: "the owner", Who.OTHERS: "anybody but the owner", Who.ANYONE: "anybody"}


def members_verbs(*, opens: bool) -> list[tuple[Mechanic[Any], Verb]]:
    """What members may do, by mechanic."""
    return [
        (mechanic, verb)
        for mechanic in all_mechanics().values()
        for verb in mechanic.verbs
        if verb.who in _MEMBERS and verb.opens == opens
    ]


class VerbSchema(AutoSchema):
    """Body and words of a view that plays verbs: one shape per verb with its parameters."""

    opens = False

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's own has no arguments
        lines = [super().get_description(), ""]
        lines += ["| mechanic | verb | | who | parameters |", "|---|---|---|---|---|"]
        for mechanic, verb in members_verbs(opens=self.opens):
            params = ", ".join(f"`{param.key}` {_words(param)}" for param in verb.params)
            row = [
                f"{mechanic.label} `{mechanic.key}`",
                f"`{verb.key}`",
                str(verb.label),
                _WHO[verb.who],
                params,
            ]
            lines.append(f"| {' | '.join(row)} |")
        return "\n".join(lines)

    def get_request_serializer(self) -> Any:
        """One named shape per verb with parameters; a verb without any takes an empty object."""
        shapes = [_shape(mechanic, verb) for mechanic, verb in members_verbs(opens=self.opens) if verb.params]
        empty = {"type": "object", "title": "no parameters", "maxProperties": 0}
        return {"application/json": {"anyOf": [*shapes, empty]}}


class OpeningVerbSchema(VerbSchema):
    opens = True


def plays_verbs[F: Callable[..., Any]](method: F) -> F:
    """Under ``extend_schema``: describe this method of a view by the verbs that act on an entry."""
    method.kwargs = {"schema": VerbSchema}  # type: ignore[attr-defined]  # where extend_schema looks for it
    return method


def opens_entries[F: Callable[..., Any]](method: F) -> F:
    """Under ``extend_schema``: describe this method of a view by the verbs that open an entry."""
    method.kwargs = {"schema": OpeningVerbSchema}  # type: ignore[attr-defined]
    return method


def _shape(mechanic: Mechanic[Any], verb: Verb) -> dict[str, Any]:
    shape = {
        "type": "object",
        "title": f"{mechanic.key}.{verb.key}",
        "properties": {param.key: _property(param) for param in verb.params},
    }
    required = [param.key for param in verb.params if param.is_required]
    return shape | ({"required": required} if required else {})


def _property(param: Param) -> dict[str, Any]:
    words = {"title": str(param.label), "description": str(param.help)}
    return {name: text for name, text in words.items() if text} | _TYPES[param.kind](param)


_TYPES: dict[ParamKind, Any] = {
    ParamKind.TEXT: lambda param: {"type": "string", "maxLength": param.most},
    ParamKind.INTEGER: lambda param: {"type": "integer", "minimum": param.least, "maximum": param.most},
    ParamKind.BOOLEAN: lambda _param: {"type": "boolean"},
    ParamKind.PHOTOS: lambda param: {"type": "array", "items": {"type": "string"}, "maxItems": param.most},
    ParamKind.PART: lambda _param: {"type": "integer", "description": "Of a contribution of this entry."},
    ParamKind.ENTRY: lambda _param: {"type": "string", "description": "Code of an entry of this run."},
}


def _words(param: Param) -> str:
    return f"{param.kind.value}{'' if param.is_required else ', optional'}: {param.label}"
