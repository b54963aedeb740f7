"""For the API's description only: answers are plain dicts (shapes.py), since a busy page is asked for often."""

from typing import Any

from rest_framework import serializers

from apps.campaigns.enums import BenefitKind, CouponKind, CouponState, EntryState, GrantState, RunState

type Doc = dict[str, Any]


class ParamSerializer(serializers.Serializer[Doc]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(help_text="text, integer, boolean, photos, part or entry")
    is_required = serializers.BooleanField()
    least = serializers.IntegerField()
    most = serializers.IntegerField(help_text="Longest text, greatest integer or number of photos.")
    help = serializers.CharField()


class VerbSerializer(serializers.Serializer[Doc]):
    verb = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    params = ParamSerializer(many=True)


class ButtonSerializer(VerbSerializer):
    is_primary = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why it is shown but cannot be pressed; else empty.")


class PageSerializer(serializers.Serializer[Doc]):
    mood = serializers.CharField(help_text="before, open, mine, friend, nearly, done, failed or ended")
    headline = serializers.CharField()
    text = serializers.CharField()
    done = serializers.CharField(help_text="Progress, a decimal number.")
    goal = serializers.CharField()
    unit = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField(), help_text="What members should know.")
    ends_at = serializers.DateTimeField(allow_null=True)
    buttons = ButtonSerializer(many=True)


class RunRowSerializer(serializers.Serializer[Doc]):
    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="第几期")
    title = serializers.CharField()
    headline = serializers.CharField()
    mechanic = serializers.CharField()
    state = serializers.ChoiceField(choices=RunState.choices)
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    seconds_left = serializers.IntegerField(help_text="To its start while it waits for it, else to its end.")


class RunListSerializer(serializers.Serializer[Doc]):
    now = serializers.DateTimeField(help_text="The server's clock.")
    runs = RunRowSerializer(many=True)


class MechanicWordsSerializer(serializers.Serializer[Doc]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    mark = serializers.CharField()
    icon = serializers.CharField()
    entry_word = serializers.CharField()
    part_word = serializers.CharField()


class PromisedBenefitSerializer(serializers.Serializer[Doc]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=BenefitKind.choices)
    quantity = serializers.IntegerField()
    face_value = serializers.DecimalField(max_digits=12, decimal_places=2)


class SlotSerializer(serializers.Serializer[Doc]):
    slot = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    benefits = PromisedBenefitSerializer(many=True)


class StockLeftSerializer(serializers.Serializer[Doc]):
    total = serializers.IntegerField()
    left = serializers.IntegerField()
    unit = serializers.CharField()


class RunLimitsSerializer(serializers.Serializer[Doc]):
    entries_per_member = serializers.IntegerField(allow_null=True)
    contributions_per_member = serializers.IntegerField(allow_null=True)
    is_new_only = serializers.BooleanField()
    is_for_everybody = serializers.BooleanField()


class RunPageSerializer(RunRowSerializer):
    now = serializers.DateTimeField()
    mechanic = MechanicWordsSerializer()  # type: ignore[assignment]
    intro = serializers.CharField()
    product_name = serializers.CharField()
    mini_program_path = serializers.CharField()
    page = PageSerializer()
    opening = VerbSerializer()
    benefits = SlotSerializer(many=True)
    stock = StockLeftSerializer(allow_null=True)
    limits = RunLimitsSerializer()
    my_entries = serializers.ListField(child=serializers.CharField(), help_text="Codes of the viewer's own.")


class EntryRowSerializer(serializers.Serializer[Doc]):
    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=EntryState.choices)
    reason = serializers.CharField(help_text="Why it ended: full, expired …")
    count = serializers.IntegerField()
    pending_count = serializers.IntegerField()
    capacity = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField(allow_null=True)
    score = serializers.DecimalField(max_digits=14, decimal_places=2)
    rank = serializers.IntegerField(allow_null=True)
    opened_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    seconds_left = serializers.IntegerField(allow_null=True)


class FoundEntrySerializer(EntryRowSerializer):
    owner = serializers.CharField(help_text="First character of the nickname.")


class EntryListSerializer(serializers.Serializer[Doc]):
    now = serializers.DateTimeField()
    entries = FoundEntrySerializer(many=True)


class PartRowSerializer(serializers.Serializer[Doc]):
    name = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField()
    value = serializers.CharField()
    at = serializers.DateTimeField()
    is_mine = serializers.BooleanField()


class EntryPageSerializer(FoundEntrySerializer):
    now = serializers.DateTimeField()
    run = RunRowSerializer()
    mechanic = MechanicWordsSerializer()
    is_mine = serializers.BooleanField()
    page = PageSerializer()
    benefits = SlotSerializer(many=True)
    parts = PartRowSerializer(many=True, help_text="The latest, newest first.")


class OutcomeSerializer(serializers.Serializer[Doc]):
    code = serializers.CharField(help_text="Of the entry.")
    answer = serializers.DictField(help_text="What the mechanic says, e.g. {cut: 3.21}.")
    is_repeat = serializers.BooleanField(help_text="The key was known: this is the first answer.")


class BoardRowSerializer(serializers.Serializer[Doc]):
    rank = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField()
    score = serializers.DecimalField(max_digits=14, decimal_places=2)
    is_mine = serializers.BooleanField()


class BoardSerializer(serializers.Serializer[Doc]):
    now = serializers.DateTimeField()
    rows = BoardRowSerializer(many=True)
    total = serializers.IntegerField(help_text="Entries on the board, counted some seconds ago at most.")
    mine = BoardRowSerializer(allow_null=True)
    gap = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="How much the next one ahead has more."
    )


class MyEntrySerializer(EntryRowSerializer):
    run = RunRowSerializer()


class MyEntriesSerializer(serializers.Serializer[Doc]):
    now = serializers.DateTimeField()
    entries = MyEntrySerializer(many=True)
    next_before = serializers.CharField(allow_null=True, help_text="Pass as before= for the next page.")


class GrantRowSerializer(serializers.Serializer[Doc]):
    id = serializers.IntegerField()
    run = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=BenefitKind.choices)
    name = serializers.CharField()
    note = serializers.CharField()
    quantity = serializers.IntegerField()
    face_value = serializers.DecimalField(max_digits=12, decimal_places=2)
    state = serializers.ChoiceField(choices=GrantState.choices)
    state_label = serializers.CharField()
    needs_address = serializers.BooleanField()
    codes = serializers.ListField(child=serializers.CharField())
    shipping_company = serializers.CharField()
    shipping_number = serializers.CharField()
    created_at = serializers.DateTimeField()
    issued_at = serializers.DateTimeField(allow_null=True)


class MyGrantsSerializer(serializers.Serializer[Doc]):
    grants = GrantRowSerializer(many=True)
    next_before = serializers.CharField(allow_null=True)


class CouponRowSerializer(serializers.Serializer[Doc]):
    code = serializers.CharField()
    name = serializers.CharField()
    note = serializers.CharField()
    kind = serializers.ChoiceField(choices=CouponKind.choices)
    value = serializers.DecimalField(max_digits=10, decimal_places=2)
    cap = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    threshold = serializers.DecimalField(max_digits=10, decimal_places=2)
    scope = serializers.CharField()
    state = serializers.ChoiceField(choices=CouponState.choices)
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    used_at = serializers.DateTimeField(allow_null=True)


class MyCouponsSerializer(serializers.Serializer[Doc]):
    coupons = CouponRowSerializer(many=True)
    next_before = serializers.CharField(allow_null=True)
