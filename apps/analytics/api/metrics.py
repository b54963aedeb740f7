"""The list of metrics, and the readings of one."""

import hashlib
from datetime import date, timedelta
from typing import Any

from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.problems import ProblemSerializer
from apps.analytics.api.authentication import FigureLimits, MayReadFigures, ReportKeyAuthentication, scope_for
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Number, Reading
from apps.analytics.metrics.registry import all_families, all_metrics
from apps.analytics.models import Watermark
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.largest import largest_keys
from apps.analytics.selectors.periods import Period, day_named, day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.series import series
from apps.core.clock import database_now
from apps.core.errors import Invalid

_INTERVALS = ("total", "day", "week", "month")
_MOST_DAYS = 366 * 3
_MOST_PARTS = 400
_MOST_KEYS = 500
_DEFAULT_DAYS = 30
_ERRORS = dict.fromkeys((400, 401, 403, 404, 429), ProblemSerializer)


class MetricSerializer(serializers.Serializer[dict[str, Any]]):
    key = serializers.CharField()
    family = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, as Field.label is not here
    definition = serializers.CharField(help_text="What is divided by what, in words.")
    unit = serializers.CharField(
        help_text="count, people, money (yuan), percent (a fraction), ratio, days, hours, points"
    )
    direction = serializers.IntegerField(help_text="1: higher is better, -1: lower is better, 0: it depends")
    dimensions = serializers.ListField(child=serializers.CharField(), help_text='"" is the total.')
    intervals = serializers.ListField(child=serializers.CharField())


class MetricsSerializer(serializers.Serializer[dict[str, Any]]):
    as_of = serializers.DateTimeField(allow_null=True, help_text="How far the figures have read.")
    metrics = MetricSerializer(many=True)


class ReadingSerializer(serializers.Serializer[dict[str, Any]]):
    key = serializers.CharField(allow_blank=True, help_text="Of the dimension; blank for totals.")
    first = serializers.DateField()
    last = serializers.DateField()
    value = serializers.CharField(
        allow_null=True, help_text="A decimal number; null where nothing can be said."
    )
    numerator = serializers.CharField()
    denominator = serializers.CharField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="95 % Wilson interval of a share.")
    high = serializers.FloatField(allow_null=True)
    is_small = serializers.BooleanField(help_text="A share of so few cases that it should not be shown bold.")


class ReadingsSerializer(serializers.Serializer[dict[str, Any]]):
    metric = serializers.CharField()
    unit = serializers.CharField()
    dim = serializers.CharField(allow_blank=True)
    interval = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    is_cut = serializers.BooleanField(
        help_text="True when dim has more keys than are listed: the largest are. Ask for others by key."
    )
    readings = ReadingSerializer(many=True)


class FiguresAPIView(APIView):
    authentication_classes = [ReportKeyAuthentication, SessionAuthentication]
    permission_classes = [MayReadFigures]
    throttle_classes = [FigureLimits]
    http_method_names = ["get", "head", "options"]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Figures are kept by nobody on the way, and refusals by nobody at all."""
        found = super().finalize_response(request, response, *args, **kwargs)
        found.headers.setdefault("Cache-Control", "no-store")
        return found

    def answer(self, request: Request, scope: Scope, build: Any) -> Response:
        """The body with an ETag that changes when the rollups, the address, the language or the scope do; 304 for a
        reader who has it."""
        mark = Watermark.objects.values_list("txid", "rolled_at").first()
        told = (mark, request.get_full_path(), get_language(), scope.teams, day_of(database_now()))
        tag = f'"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'
        known = parse_etags(request.headers.get("If-None-Match", ""))
        is_known = tag in known or "*" in known
        response = Response(status=304) if is_known else Response(build(mark[1] if mark else None))
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        return response


class MetricList(FiguresAPIView):
    @extend_schema(operation_id="metrics_list", responses={200: MetricsSerializer, **_ERRORS})
    def get(self, request: Request) -> Response:
        """Every metric with its words. Answers with an ETag."""
        return self.answer(
            request, scope_for(request), lambda as_of: {"as_of": as_of, "metrics": _described()}
        )


class MetricReadings(FiguresAPIView):
    @extend_schema(
        operation_id="metrics_readings",
        parameters=[
            OpenApiParameter(
                "from", date, description="First day, in the portal's time zone; default: 30 days back."
            ),
            OpenApiParameter("to", date, description="Last day, included; default, and at most: today."),
            OpenApiParameter("interval", str, enum=_INTERVALS, description="Default: total."),
            OpenApiParameter("dim", str, enum=[value for value in Dimension.values if value]),
            OpenApiParameter("key", str, description="One key of dim; needed with dim and an interval."),
        ],
        responses={200: ReadingsSerializer, **_ERRORS},
    )
    def get(self, request: Request, key: str) -> Response:
        """Readings of one metric: its value with numerator, denominator and interval, of the reader's teams.

        Weeks begin on Monday; the first and last week or month are cut to the range. With ``dim`` and no ``key`` the
        500 largest keys are listed, and ``is_cut`` says whether there are more.
        """
        metric = all_metrics().get(key)
        if metric is None:
            raise Invalid(_("没有这个指标。"), hint=_("全部指标见 /api/v1/metrics/。"), code="not_found")
        query = request.query_params
        period, interval, dim = _period(query), _interval(query, metric), _dim(query, metric)
        chosen, scope = query.get("key", "")[:60].replace("\0", ""), scope_for(request)
        parts = _parts(period, interval)
        if interval != "total" and dim and not chosen:
            raise Invalid(_("按时间拆开时，请用 key 指明一个对象。"), field="key")

        def build(as_of: Any) -> dict[str, Any]:
            if interval == "total":
                found, is_cut = _whole(metric, scope, period, dim, chosen)
            else:
                found, is_cut = _split(metric, scope, parts, dim, chosen), False
            return {
                "metric": metric.key,
                "unit": metric.unit.value,
                "dim": dim.value,
                "interval": interval,
                "as_of": as_of,
                "is_cut": is_cut,
                "readings": found,
            }

        return self.answer(request, scope, build)


def _described() -> list[dict[str, Any]]:
    return [
        {
            "key": metric.key,
            "family": family.key,
            "label": str(metric.label),
            "definition": str(metric.definition),
            "unit": metric.unit.value,
            "direction": metric.direction.value,
            "dimensions": [dim.value for dim in metric.dimensions],
            "intervals": list(_INTERVALS[:1] if metric.sets else _INTERVALS),
        }
        for family in all_families().values()
        for metric in family.metrics
    ]


def _whole(
    metric: Metric, scope: Scope, period: Period, dim: Dimension, key: str
) -> tuple[list[dict[str, Any]], bool]:
    keys, is_cut = None, False
    if dim and key:
        keys = [key]
    elif dim:
        keys, is_cut = largest_keys(metric, scope=scope, period=period, dim=dim, limit=_MOST_KEYS)
    found = readings([metric], scope=scope, period=period, dim=dim, keys=keys)
    return [_said(name, period, one[metric.key]) for name, one in sorted(found.items())], is_cut


def _split(
    metric: Metric, scope: Scope, parts: list[Period], dim: Dimension, key: str
) -> list[dict[str, Any]]:
    found = series([metric], scope=scope, parts=parts, dim=dim, key=key)
    return [_said(key if dim else "", part, one[metric.key]) for part, one in zip(parts, found, strict=True)]


def _said(key: str, period: Period, reading: Reading) -> dict[str, Any]:
    return {
        "key": key,
        "first": period.first,
        "last": period.last,
        "value": _number(reading.value),
        "numerator": _number(reading.numerator),
        "denominator": _number(reading.denominator),
        "low": reading.low,
        "high": reading.high,
        "is_small": reading.is_small,
    }


def _number(value: Number | None) -> str | None:
    """Exact: money is no float."""
    return None if value is None else str(value)


def _period(query: Any) -> Period:
    today = day_of(database_now())
    last = _day(query, "to", today)
    if _day(query, "from", today) <= today < last:
        last = today  # days to come would only thin out every average
    first = _day(query, "from", last - timedelta(days=_DEFAULT_DAYS - 1))
    if first > last:
        raise Invalid(_("开始日期在结束日期之后。"), field="from")
    if (last - first).days >= _MOST_DAYS:
        raise Invalid(_("一次最多读三年。"), hint=_("请分几次读。"), field="from")
    return Period(first, last)


def _day(query: Any, name: str, default: date) -> date:
    text = query.get(name, "")
    if not text:
        return default
    day = day_named(text)
    if day is None:
        raise Invalid(_("日期要写成 2026-03-01 这样。"), field=name)
    return day


def _interval(query: Any, metric: Metric) -> str:
    interval: str = query.get("interval", "") or "total"
    if interval not in _INTERVALS:
        raise Invalid(_("interval 只能是 total、day、week 或 month。"), field="interval")
    if interval != "total" and metric.sets:
        raise Invalid(_("这个指标用到“现在在群里的人”，没有过去的样子，不能按时间拆开。"), field="interval")
    return interval


def _dim(query: Any, metric: Metric) -> Dimension:
    text = query.get("dim", "")
    if text not in Dimension.values or Dimension(text) not in metric.dimensions:
        raise Invalid(
            _("这个指标不能按“%s”拆开。") % text[:40], hint=_("能用的维度见指标列表。"), field="dim"
        )
    return Dimension(text)


def _parts(period: Period, interval: str) -> list[Period]:
    """The period in days, weeks from Monday, or months, cut to it. Raises ``Invalid`` for too many."""
    if interval == "total":
        return [period]
    starts = [
        day
        for day in period
        if day == period.first
        or interval == "day"
        or (interval == "week" and day.weekday() == 0)
        or (interval == "month" and day.day == 1)
    ]
    if len(starts) > _MOST_PARTS:
        raise Invalid(_("一次最多 400 段。"), hint=_("请缩短时间，或按周、按月读。"), field="interval")
    ends = [start - timedelta(days=1) for start in starts[1:]] + [period.last]
    return [Period(first, last) for first, last in zip(starts, ends, strict=True)]
