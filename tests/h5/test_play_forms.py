"""Forms of verbs: what was typed survives refusals and the log-in, pictures are their sender's, repeats are harmless."""

from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.services.photos import FOLDER
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.forms import form_for, send
from tests.h5.people import logged_in
from tests.h5.pictures import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def swap() -> Run:
    return make_run("swap", {"needs_moderation": False})


def listing_form(client: Client, run: Run) -> Any:
    return form_for(client.get(f"/m/r/{run.pk}/open/"), "/open/")


def log_in(client: Client, member: Member) -> None:
    client.cookies[MEMBER_COOKIE] = logged_in(member).cookies[MEMBER_COOKIE].value


def names_of(entry: Entry) -> list[str]:
    return [PurePosixPath(name).name for name in entry.data["photos"]]


def status(client: Client, address: str) -> int:
    return client.get(address).status_code


# --- what was typed ---------------------------------------------------------------------------------


def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(swap: Run) -> None:
    client = logged_in(make_member())
    answer = send(
        client, listing_form(client, swap), p_title="字" * 41, p_description="八成新\n盒子在", p_photos=jpeg()
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "最多 40 个字" in page
    assert "八成新\n盒子在" in page
    form = form_for(answer, "/open/")
    assert form.values["p_photos_kept"]
    done = send(client, form, p_title="台灯")
    assert done.status_code == 303
    assert len(Entry.objects.get().data["photos"]) == 1


def test_what_is_no_picture_does_not_cost_the_rest_of_the_form(swap: Run) -> None:
    client = logged_in(make_member())
    fake = SimpleUploadedFile("a.jpg", b"GIF89a<script>alert(1)</script>", "image/jpeg")
    answer = send(client, listing_form(client, swap), p_title="台灯", p_photos=fake)
    assert answer.status_code == 422
    assert "JPEG" in answer.content.decode()
    assert form_for(answer, "/open/").values["p_title"] == "台灯"


def test_what_was_typed_before_the_log_in_is_there_after_it(swap: Run) -> None:
    """The form needs a member, typing does not: also a session that ends while somebody types."""
    client = logged_in(make_member())
    form = listing_form(client, swap)
    del client.cookies[MEMBER_COOKIE]
    answer = send(client, form, p_title="台灯", p_wishes="一盆花", p_photos=jpeg())
    assert answer.status_code == 302
    assert answer["Location"] == f"/m/login/?next=/m/r/{swap.pk}/open/"
    assert not Entry.objects.exists()
    log_in(client, make_member())
    form = listing_form(client, swap)
    assert (form.values["p_title"], form.values["p_wishes"]) == ("台灯", "一盆花")
    assert not Entry.objects.exists()
    assert send(client, form).status_code == 303
    assert len(Entry.objects.get().data["photos"]) == 1
    assert listing_form(client, swap).values["p_title"] == ""


def test_another_browser_does_not_see_what_was_typed(swap: Run) -> None:
    client = Client()
    client.post(f"/m/r/{swap.pk}/open/", {"p_title": "我的秘密", "key": "k" * 20})
    other = logged_in(make_member())
    assert "我的秘密" not in other.get(f"/m/r/{swap.pk}/open/").content.decode()


def test_a_stranger_who_taps_comes_back_with_the_button_ready_and_nothing_done() -> None:
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit()})
    entry = start(run, make_member())
    client = Client()
    answer = send(client, form_for(client.get(f"/m/e/{entry.code}/"), "/do/help/"))
    assert answer["Location"] == f"/m/login/?next=/m/e/{entry.code}/"
    log_in(client, make_member())
    page = client.get(f"/m/e/{entry.code}/")
    assert not Contribution.objects.exists()
    assert send(client, form_for(page, "/do/help/")).status_code == 303


def test_the_blessing_survives_the_log_in() -> None:
    run = make_run("gift", {"price": "0.00"}, slots={"gift": make_benefit()})
    client = Client()
    send(client, form_for(client.get(f"/m/r/{run.pk}/play/"), "/open/"), p_blessing="平安")
    log_in(client, make_member())
    assert form_for(client.get(f"/m/r/{run.pk}/play/"), "/open/").values["p_blessing"] == "平安"


# --- repeats ----------------------------------------------------------------------------------------


def test_a_reload_a_double_tap_and_a_retry_do_it_once() -> None:
    """C11: the same page sends the same key; the repeat gets the first answer."""
    run = make_run("bargain", {"start": "10.00", "floor": "1.00", "helpers": 5}, stock=3)
    entry = start(run, make_member())
    friend = logged_in(make_member())
    form = form_for(friend.get(f"/m/e/{entry.code}/"), "/do/cut/")
    first, second = send(friend, form), send(friend, form)
    assert first["Location"] == second["Location"]
    assert (
        Contribution.objects.filter(entry=entry, member__isnull=False).exclude(member=entry.owner).count()
        == 1
    )
    pages = [friend.get(first["Location"]).content.decode() for _ in range(2)]
    assert all("data-cut" in page for page in pages)


def test_a_form_with_pictures_is_the_same_request_when_it_is_sent_again(swap: Run) -> None:
    """C11: the answer was lost on the way; the same pictures are the same references."""
    client = logged_in(make_member())
    form = listing_form(client, swap)
    answers = [send(client, form, p_title="台灯", p_photos=jpeg()) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Entry.objects.count() == 1


def test_a_key_that_stood_for_something_else_is_told_in_members_words(swap: Run) -> None:
    client = logged_in(make_member())
    form = listing_form(client, swap)
    send(client, form, p_title="台灯", p_photos=jpeg())
    answer = send(client, form, p_title="改了主意", p_photos=jpeg())
    assert "刚才那一次已经提交了" in answer.content.decode()
    assert Entry.objects.count() == 1


def test_a_form_without_its_key_does_nothing() -> None:
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit()})
    entry = start(run, make_member())
    for key in ("", "short", "钥匙" * 10, "k" * 81):
        answer = logged_in(make_member()).post(f"/m/e/{entry.code}/do/help/", {"key": key})
        assert answer.status_code == 422
    assert not Contribution.objects.exists()


def test_what_was_done_is_shown_to_the_doer_alone() -> None:
    run = make_run("bargain", {"start": "10.00", "floor": "1.00", "helpers": 5}, stock=3)
    entry = start(run, make_member())
    friend = logged_in(make_member())
    answer = send(friend, form_for(friend.get(f"/m/e/{entry.code}/"), "/do/cut/"))
    for client in (Client(), logged_in(make_member())):
        assert "data-cut" not in client.get(answer["Location"]).content.decode()
    forged = friend.get(f"/m/e/{entry.code}/?did=<script>&k=<script>")
    assert "<script>&" not in forged.content.decode()


def test_what_a_visit_led_to_is_written_down_once() -> None:
    run = make_run("assist", {"stages": [3]}, slots={"stage_3": make_benefit()})
    owner = logged_in(make_member())
    send(owner, form_for(owner.get(f"/m/r/{run.pk}/play/"), "/open/"))
    entry = Entry.objects.get()
    friend = logged_in(make_member())
    form = form_for(friend.get(f"/m/e/{entry.code}/"), "/do/help/")
    send(friend, form)
    send(friend, form)
    found = Conversion.objects.order_by("id").values_list("kind", "ref")
    assert list(found) == [
        (ConversionKind.ENTRY, entry.pk),
        (ConversionKind.PART, Contribution.objects.get().pk),
    ]


# --- pictures ---------------------------------------------------------------------------------------


def test_pictures_are_made_smaller_and_say_nothing_but_pixels(swap: Run) -> None:
    client = logged_in(make_member())
    exif = Image.Exif()
    exif[0x010E] = "我家地址"
    send(client, listing_form(client, swap), p_title="台灯", p_photos=jpeg((4000, 3000), exif=exif))
    entry = Entry.objects.get()
    (name,) = names_of(entry)
    answer = Client().get(f"/m/photo/{name}?e={entry.code}&w=360")
    assert answer.status_code == 200
    with Image.open(BytesIO(answer.content)) as picture:
        assert max(picture.size) == 360
        assert not picture.getexif()
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_image_bomb_is_refused(swap: Run) -> None:
    client = logged_in(make_member())
    buffer = BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    bomb = SimpleUploadedFile("a.png", buffer.getvalue(), "image/png")
    answer = send(client, listing_form(client, swap), p_title="台灯", p_photos=bomb)
    assert answer.status_code == 422
    assert "像素太多" in answer.content.decode()


def test_anothers_picture_cannot_be_attached(swap: Run) -> None:
    """Neither its reference nor the token of another browser, nor a forged one."""
    victim = logged_in(make_member())
    refused = send(victim, listing_form(victim, swap), p_title="", p_photos=jpeg(colour="red"))
    token = form_for(refused, "/open/").values["p_photos_kept"]
    name = token.split(":")[0]
    thief = logged_in(make_member())
    for stolen in (token, name, f"{FOLDER}/{name}", f"{name}:1:forged"):
        form = listing_form(thief, swap)
        answer = send(thief, form, p_title="偷来的", p_photos=stolen, p_photos_kept=stolen)
        assert answer.status_code == 409, stolen
        assert "请上传照片" in answer.content.decode()
    assert not Entry.objects.exists()
    assert thief.get(f"/m/photo/{name}?t={token}").status_code == 404
    assert status(victim, f"/m/photo/{name}?t={token}") == 200


def test_a_listings_pictures_are_public_once_it_is_on_the_shelf_only() -> None:
    run = make_run("swap")
    owner = make_member()
    client = logged_in(owner)
    send(client, listing_form(client, run), p_title="台灯", p_photos=jpeg())
    entry = Entry.objects.get()
    (name,) = names_of(entry)
    address = f"/m/photo/{name}?e={entry.code}"
    assert status(client, address) == 200
    assert status(Client(), address) == 404
    Entry.objects.filter(pk=entry.pk).update(state=EntryState.OPEN)
    assert status(Client(), address) == 200
    other = start(run, make_member(), title="书", photos=["x.jpg"])
    assert Client().get(f"/m/photo/{name}?e={other.code}").status_code == 404
    assert Client().get(f"/m/photo/{name}").status_code == 404


def test_a_proof_is_seen_by_whoever_sent_it_alone() -> None:
    run = make_run("assist", {"stages": [3], "needs_proof": True}, slots={"stage_3": make_benefit()})
    owner, friend = make_member(), logged_in(make_member())
    entry = start(run, owner)
    form = form_for(friend.get(f"/m/e/{entry.code}/do/help/"), "/do/help/")
    assert send(friend, form, p_photos=jpeg()).status_code == 303
    part = Contribution.objects.get()
    assert part.state == PartState.PENDING
    name = PurePosixPath(part.data["photos"][0]).name
    address = f"/m/photo/{name}?e={entry.code}"
    assert status(friend, address) == 200
    for client in (logged_in(owner), logged_in(make_member()), Client()):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["..%2Fsecret.jpg", "a.svg", "a.jpg.html", "%2e%2e", "x" * 200 + ".jpg"])
def test_nothing_but_pictures_is_served(name: str, swap: Run) -> None:
    entry = start(swap, make_member(), title="书", photos=["campaigns/photos/a.svg", "../secret.jpg"])
    assert Client().get(f"/m/photo/{name}?e={entry.code}").status_code == 404
    assert not default_storage.exists("secret.jpg")


def test_the_need_for_a_proof_decides_whether_a_picture_is_asked_for() -> None:
    for needs in (False, True):
        rules = {"stages": [3], "needs_proof": needs}
        run = make_run("assist", rules, slots={"stage_3": make_benefit()})
        entry = start(run, make_member())
        page = logged_in(make_member()).get(f"/m/e/{entry.code}/").content.decode()
        assert ("<form" in page) is not needs
    play_form = logged_in(make_member()).get(f"/m/e/{entry.code}/do/help/")
    assert 'type="file"' in play_form.content.decode()
    with pytest.raises(Refused, match="截图"):
        play(entry, "help", make_member())
