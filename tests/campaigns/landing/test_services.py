"""Versions of landing pages: drafts, publishing, schedules, pictures; who may, and what stays as it was."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice, Team, User
from apps.campaigns.enums import CampaignState, LandingState, Variant
from apps.campaigns.models import Campaign, LandingPicture, LandingVersion
from apps.campaigns.selectors.landing import choose, live_versions, starter_blocks
from apps.campaigns.services.landing import (
    discard_draft,
    keep_picture,
    publish,
    publish_due,
    retire,
    save_draft,
    schedule,
    set_share,
    start_draft,
    unschedule,
)
from apps.campaigns.tasks import publish_landings
from apps.core.errors import Invalid, NotAllowed, WrongState

pytestmark = pytest.mark.django_db

HERO = {"id": "0000000a", "kind": "hero", "section": "top", "data": {"headline": "新茶上市"}}
RULES = {"id": "0000000b", "kind": "rules", "section": "bottom", "data": {}}


@pytest.fixture
def campaign(team: Team) -> Campaign:
    return Campaign.objects.create(title="春茶节", mechanic="assist", team=team, state=CampaignState.LAUNCHED)


@pytest.fixture
def operator(make_user: Callable[..., User], team: Team) -> User:
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def save(campaign: Campaign, operator: User) -> Callable[..., LandingVersion]:
    def made(*blocks: dict[str, Any], variant: str = "A", **more: Any) -> LandingVersion:
        chosen = list(blocks) or [HERO, RULES]
        return save_draft(
            campaign=campaign,
            variant=variant,
            blocks=chosen,
            theme="red",
            actor=operator,
            now=timezone.now(),
            **more,
        )

    return made


def _picture(width: int = 1600, height: int = 900, kind: str = "JPEG") -> SimpleUploadedFile:
    buffer = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "geheim 31.2304,121.4737"
    Image.new("RGB", (width, height), "orange").save(buffer, kind, exif=exif)
    return SimpleUploadedFile("海报.jpg", buffer.getvalue())


def test_draft_is_written_once_per_variant_and_numbered(save: Callable[..., LandingVersion]) -> None:
    first = save()
    again = save(HERO, variant="A")
    other = save(variant="B", share=30)
    assert again.pk == first.pk
    assert [block["kind"] for block in again.blocks] == ["hero"]
    assert (first.number, other.number, other.share) == (1, 2, 30)
    assert AuditEntry.objects.filter(action="landing.draft").count() == 2


def test_blocks_are_kept_in_the_order_of_the_page(save: Callable[..., LandingVersion]) -> None:
    assert [block["kind"] for block in save(RULES, HERO).blocks] == ["hero", "rules"]


def test_block_without_an_id_gets_one(save: Callable[..., LandingVersion]) -> None:
    (block,) = save({**HERO, "id": "<script>"}).blocks
    assert len(block["id"]) == 8
    assert block["data"]["shows_countdown"] is True


@pytest.mark.parametrize(
    ("blocks", "field"),
    [
        ([{**HERO, "kind": "iframe"}], "blocks"),
        ([HERO, HERO], "0000000a"),
        ([{**HERO, "section": "bottom"}], "0000000a"),
        ([{**HERO, "data": {"headline": "字" * 41}}], "0000000a.headline"),
        ([{**HERO, "data": {"picture": "of-another-1"}}], "0000000a"),
        ([dict(HERO, id=f"{n:08x}") for n in range(41)], "blocks"),
        (["hero"], "blocks"),
    ],
)
def test_unsound_page_is_refused_at_its_field(
    save: Callable[..., LandingVersion], blocks: list[Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(*blocks)
    assert refused.value.field == field


def test_what_a_colleague_wrote_meanwhile_is_not_overwritten(save: Callable[..., LandingVersion]) -> None:
    seen = save().updated_at
    save(HERO)
    with pytest.raises(WrongState) as refused:
        save(RULES, seen_at=seen)
    assert refused.value.code == "changed_meanwhile"


def test_publishing_retires_what_was_live_and_changes_nothing_of_it(
    save: Callable[..., LandingVersion], campaign: Campaign, operator: User
) -> None:
    now = timezone.now()
    old = publish(version=save(), actor=operator, now=now)
    new = publish(version=save(RULES), actor=operator, now=now + timedelta(minutes=1))
    old.refresh_from_db()
    assert (old.state, new.state) == (LandingState.RETIRED, LandingState.LIVE)
    assert old.retired_at == new.published_at
    assert len(old.blocks) == 2
    assert live_versions(campaign.pk) == [new]
    with pytest.raises(WrongState):
        publish(version=old, actor=operator, now=now)
    draft = save(HERO, RULES)
    assert draft.pk not in (old.pk, new.pk)
    assert draft.number == 3


def test_database_holds_one_live_version_per_variant(
    save: Callable[..., LandingVersion], operator: User
) -> None:
    live = publish(version=save(), actor=operator, now=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        LandingVersion.objects.create(
            campaign=live.campaign, number=9, state=LandingState.LIVE, published_at=timezone.now()
        )


@pytest.mark.parametrize("blocks", [[HERO], [RULES, {"kind": "bait", "section": "top", "data": {}}]])
def test_incomplete_page_does_not_go_public(
    save: Callable[..., LandingVersion], operator: User, blocks: list[Any]
) -> None:
    draft = save(*blocks)
    with pytest.raises(Invalid):
        publish(version=draft, actor=operator, now=timezone.now())
    with pytest.raises(Invalid):
        schedule(version=draft, at=timezone.now() + timedelta(days=1), actor=operator, now=timezone.now())
    draft.refresh_from_db()
    assert draft.state == LandingState.DRAFT


def test_scheduled_version_goes_live_at_its_time_and_once(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign
) -> None:
    now = timezone.now()
    due = schedule(version=save(), at=now + timedelta(hours=1), actor=operator, now=now)
    assert publish_due(now=now + timedelta(minutes=59)) == 0
    assert publish_due(now=now + timedelta(hours=1)) == 1
    assert publish_due(now=now + timedelta(hours=1)) == 0
    due.refresh_from_db()
    assert due.state == LandingState.LIVE
    assert publish_landings() == 0


def test_schedule_may_be_taken_back_unless_another_draft_stands_there(
    save: Callable[..., LandingVersion], operator: User
) -> None:
    now = timezone.now()
    with pytest.raises(Invalid):
        schedule(version=save(), at=now, actor=operator, now=now)
    waiting = schedule(version=save(), at=now + timedelta(hours=1), actor=operator, now=now)
    other = save(HERO)
    with pytest.raises(WrongState):
        unschedule(version=waiting, actor=operator, now=now)
    with pytest.raises(WrongState):
        schedule(version=save(HERO, RULES), at=now + timedelta(hours=2), actor=operator, now=now)
    discard_draft(version=other, actor=operator, now=now)
    assert unschedule(version=waiting, actor=operator, now=now).state == LandingState.DRAFT
    with pytest.raises(WrongState):
        unschedule(version=waiting, actor=operator, now=now)


@pytest.mark.parametrize(("has_draft", "state"), [(False, LandingState.DRAFT), (True, LandingState.RETIRED)])
def test_page_that_cannot_go_live_in_time_is_given_back_and_people_are_told(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign, *, has_draft: bool, state: str
) -> None:
    campaign.owner = operator
    campaign.save()
    now = timezone.now()
    waiting = schedule(version=save(), at=now + timedelta(hours=1), actor=operator, now=now)
    LandingVersion.objects.filter(pk=waiting.pk).update(blocks=[])
    if has_draft:
        save(HERO)
    assert publish_due(now=now + timedelta(hours=2)) == 0
    waiting.refresh_from_db()
    assert waiting.state == state
    assert live_versions(campaign.pk) == []
    assert Notice.objects.filter(user=operator).count() == 1


def test_live_page_is_taken_down(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign
) -> None:
    live = publish(version=save(), actor=operator, now=timezone.now())
    with pytest.raises(WrongState):
        discard_draft(version=live, actor=operator, now=timezone.now())
    assert retire(version=live, actor=operator, now=timezone.now()).state == LandingState.RETIRED
    assert live_versions(campaign.pk) == []


def test_old_version_comes_back_as_a_draft(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign
) -> None:
    now = timezone.now()
    old = publish(version=save(), actor=operator, now=now)
    publish(version=save(RULES), actor=operator, now=now)
    back = start_draft(campaign=campaign, variant="A", source=old, actor=operator, now=now)
    assert (back.blocks, back.number) == (old.blocks, 3)
    with pytest.raises(WrongState):
        start_draft(campaign=campaign, variant="A", actor=operator, now=now)
    other = Campaign.objects.create(title="别的", mechanic="assist", team=campaign.team)
    with pytest.raises(Invalid):
        start_draft(campaign=other, variant="A", source=old, actor=operator, now=now)


def test_draft_begins_with_the_page_of_the_mechanic(operator: User, campaign: Campaign) -> None:
    draft = start_draft(campaign=campaign, variant="A", actor=operator, now=timezone.now())
    assert draft.blocks == starter_blocks(campaign)[1]
    assert publish(version=draft, actor=operator, now=timezone.now()).state == LandingState.LIVE


# --- Who sees which variant ----------------------------------------------------------------------


def test_visitors_are_split_by_the_share_and_stay_where_they_are(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign
) -> None:
    now = timezone.now()
    publish(version=save(), actor=operator, now=now)
    assert choose(live_versions(campaign.pk), "x").variant == "A"
    second = publish(version=save(variant="B", share=20), actor=operator, now=now)
    tokens = [f"browser-{number}" for number in range(4_000)]
    first_look = {token: choose(live_versions(campaign.pk), token).variant for token in tokens}
    seen_b = sum(variant == Variant.B for variant in first_look.values())
    assert 0.17 < seen_b / len(tokens) < 0.23
    assert first_look == {token: choose(live_versions(campaign.pk), token).variant for token in tokens}
    set_share(version=second, share=60, actor=operator, now=now)
    grown = live_versions(campaign.pk)
    assert all(choose(grown, token).variant == "B" for token in tokens if first_look[token] == "B")


def test_nobody_is_shown_what_is_not_live() -> None:
    assert choose([], "x") is None


@pytest.mark.parametrize("share", [0, 100, True])
def test_share_is_a_percentage(save: Callable[..., LandingVersion], operator: User, share: int) -> None:
    with pytest.raises(Invalid):
        set_share(version=save(), share=share, actor=operator, now=timezone.now())


# --- Who may -------------------------------------------------------------------------------------


def test_editor_writes_but_does_not_publish(
    make_user: Callable[..., User], team: Team, campaign: Campaign
) -> None:
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    now = timezone.now()
    draft = start_draft(campaign=campaign, variant="A", actor=editor, now=now)
    for act in (publish, retire, unschedule):
        with pytest.raises(NotAllowed):
            act(version=draft, actor=editor, now=now)
    with pytest.raises(NotAllowed):
        schedule(version=draft, at=now + timedelta(days=1), actor=editor, now=now)
    with pytest.raises(NotAllowed):
        set_share(version=draft, share=50, actor=editor, now=now)


def test_nobody_reaches_another_teams_pages(
    make_user: Callable[..., User], campaign: Campaign, save: Callable[..., LandingVersion]
) -> None:
    draft, now = save(), timezone.now()
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南"))
    with pytest.raises(NotAllowed):
        publish(version=draft, actor=stranger, now=now)
    with pytest.raises(NotAllowed):
        save_draft(campaign=campaign, variant="A", blocks=[], theme="red", actor=stranger, now=now)
    with pytest.raises(NotAllowed):
        discard_draft(version=draft, actor=stranger, now=now)
    with pytest.raises(NotAllowed):
        keep_picture(campaign=campaign, file=_picture(), actor=stranger)


def test_archived_campaign_keeps_its_page(
    save: Callable[..., LandingVersion], operator: User, campaign: Campaign
) -> None:
    draft = save()
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.ARCHIVED)
    with pytest.raises(WrongState):
        publish(version=draft, actor=operator, now=timezone.now())
    with pytest.raises(WrongState):
        save(RULES)


# --- Pictures ------------------------------------------------------------------------------------


def test_picture_is_kept_in_the_widths_that_phones_ask_for(campaign: Campaign, operator: User) -> None:
    row = keep_picture(campaign=campaign, file=_picture(), actor=operator)
    assert [(size["width"], size["height"]) for size in row.sizes] == [(360, 202), (720, 405), (1080, 608)]
    for size in row.sizes:
        with default_storage.open(size["name"]) as stored:
            data = stored.read()
        assert b"geheim" not in data
        with Image.open(BytesIO(data)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (size["width"], size["height"]))
            assert not picture.getexif()


def test_small_picture_is_not_blown_up(campaign: Campaign, operator: User) -> None:
    row = keep_picture(campaign=campaign, file=_picture(200, 100), actor=operator)
    assert [size["width"] for size in row.sizes] == [200]


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>"),
        SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100),
    ],
)
def test_what_is_no_picture_is_refused(campaign: Campaign, operator: User, file: SimpleUploadedFile) -> None:
    with pytest.raises(Invalid) as refused:
        keep_picture(campaign=campaign, file=file, actor=operator)
    assert refused.value.field == "file"
    assert not LandingPicture.objects.exists()


def test_picture_bomb_and_strip_are_refused(campaign: Campaign, operator: User) -> None:
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    for file in (SimpleUploadedFile("bomb.png", bomb.getvalue()), _picture(3000, 100)):
        with pytest.raises(Invalid):
            keep_picture(campaign=campaign, file=file, actor=operator)


def test_page_shows_pictures_of_its_own_campaign_only(
    save: Callable[..., LandingVersion], campaign: Campaign, operator: User
) -> None:
    mine = keep_picture(campaign=campaign, file=_picture(400, 300), actor=operator)
    assert save({**HERO, "data": {"picture": mine.token}}).blocks[0]["data"]["picture"] == mine.token
    other = Campaign.objects.create(title="别的", mechanic="assist", team=campaign.team)
    LandingPicture.objects.filter(pk=mine.pk).update(campaign=other)
    with pytest.raises(Invalid):
        save({**HERO, "data": {"picture": mine.token}})
