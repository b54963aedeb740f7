"""Pictures are checked by content and drawn anew (S3)."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from apps.accounts.models import Team
from apps.content_calendar.models import Material
from apps.core.errors import Invalid
from apps.core.pictures import MOST_BYTES, clean_picture


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, "#0d9488" if mode == "RGB" else 0).save(buffer, kind, **options)
    return buffer.getvalue()


def upload(data: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png")])
def test_a_sound_picture_keeps_its_kind_whatever_it_is_called(kind, suffix):
    clean = clean_picture(upload(picture(kind), name="照片.exe"))
    assert clean.name.endswith(suffix)
    assert Image.open(clean).format == kind


def test_position_and_owner_are_left_behind():
    exif = Image.Exif()
    exif[0x013B] = "张三"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    clean = clean_picture(upload(picture(exif=exif)))
    with Image.open(clean) as opened:
        assert dict(opened.getexif()) == {}
        assert opened.size == (40, 60)
    assert "张三".encode() not in clean.read()


def test_what_hides_behind_a_picture_is_left_behind():
    clean = clean_picture(upload(picture("PNG") + b"<script>alert(1)</script>", name="a.png"))
    assert b"script" not in clean.read()


def test_a_photo_is_scaled_to_what_chats_take():
    noise = Image.effect_noise((4000, 3000), 90).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=60)
    clean = clean_picture(upload(buffer.getvalue()))
    with Image.open(clean) as opened:
        assert max(opened.size) == 2560


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"GIF89a" + b"\0" * 40,
        picture("GIF"),
        picture("BMP"),
        picture()[:200],
        b"%PDF-1.4",
        b"<svg/>",
    ],
)
def test_anything_else_gets_a_sentence(data):
    with pytest.raises(Invalid, match="不是完好的 JPEG 或 PNG") as caught:
        clean_picture(upload(data))
    assert caught.value.hint


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    bomb = picture("PNG", size=(9_000, 9_000), mode="1")
    assert len(bomb) < 50_000
    with pytest.raises(Invalid, match="像素"):
        clean_picture(upload(bomb))
    worse = picture("PNG", size=(20_000, 20_000), mode="1")
    with pytest.raises(Invalid, match="像素"):
        clean_picture(upload(worse))


def test_too_many_bytes_are_refused():
    with pytest.raises(Invalid, match="超过了 10 MB"):
        clean_picture(upload(b"x" * (MOST_BYTES + 1)))


def test_the_editor_uploads_and_shows_a_picture(client, editor, team):
    client.force_login(editor)
    address = reverse("admin:content_calendar_material_upload")
    answer = client.post(address, {"file": upload(picture(), "海报.jpg")}).json()
    material = Material.objects.get(pk=answer["id"])
    assert (material.name, material.team, material.uploaded_by) == ("海报", team, editor)
    for suffix in ("", "?thumb=1"):
        assert Image.open(io.BytesIO(client.get(answer["url"] + suffix).content)).format == "JPEG"
    refused = client.post(address, {"file": upload(b"nonsense")})
    assert refused.status_code == 400
    assert "另存为" in refused.json()["hint"]
    assert client.post(address).status_code == 400


def test_pictures_of_other_teams_are_not_there(client, editor):
    other = Material.objects.create(
        name="别人的", file=clean_picture(upload(picture())), team=Team.objects.create(name="华南")
    )
    client.force_login(editor)
    assert client.get(reverse("admin:content_calendar_material_file", args=[other.pk])).status_code == 404


def test_the_admin_form_takes_only_pictures(client, editor, team):
    client.force_login(editor)
    address = reverse("admin:content_calendar_material_add")
    response = client.post(address, {"name": "坏的", "file": upload(b"nonsense"), "team": ""})
    assert "不是完好的 JPEG 或 PNG" in response.content.decode()
    client.post(address, {"name": "好的", "file": upload(picture("PNG"), "b.png"), "team": team.pk})
    material = Material.objects.get()
    assert (material.name, material.width, material.uploaded_by) == ("好的", 60, editor)
    client.post(
        reverse("admin:content_calendar_material_change", args=[material.pk]), {"name": "改名", "team": ""}
    )
    material.refresh_from_db()
    assert (material.name, material.team) == ("改名", None)
