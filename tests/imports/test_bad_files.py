"""S3: whatever is uploaded, a clear sentence comes back and nothing is stored."""

import io
import zipfile

import pytest
from django.core.files.storage import storages
from openpyxl import Workbook

from apps.core.spreadsheet_files import Unreadable, read_rows, sniff
from apps.imports.models import ImportJob
from apps.members.models import Member
from tests.imports.conftest import counts, run_import, upload

HEADER = "昵称,手机号\n"


def workbook(rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


BAD = {
    "empty": (b"", "空的"),
    "only blanks": (b"\n\n ,\n", "没有内容"),
    "only a header": (HEADER.encode(), "只有表头"),
    "no header": ("春梅,13800138000\n小红,13800138001\n".encode(), "不是表头"),
    "nul bytes": (HEADER.encode() + b"a\0b,13800138000\n", "NUL"),
    "pdf": (b"%PDF-1.7 ...", "PDF"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, ".xls"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "图片"),
    "web page": (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
    "zip": (archive({"a.csv": HEADER.encode()}), "压缩包"),
    "broken xlsx": (b"PK\x03\x04" + b"\0" * 50, "损坏"),
    "2,000 columns": (
        (",".join(f"列{i}" for i in range(2000)) + "\n" + ",".join("1" * 2000) + "\n").encode(),
        "2000 列",
    ),
    "10 MB cell": (HEADER.encode() + b'"' + b"x" * 10_000_000 + b'",13800138000\n', "单元格"),
    "half a gb18030": (HEADER.encode("gb18030") + b"\xff\xff\xff,13800138000\n", "编码"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_sentence(name):
    content, words = BAD[name]
    with pytest.raises(Unreadable) as caught:
        upload(content)
    assert words in str(caught.value)
    assert caught.value.hint, "says what to do next"
    assert not ImportJob.objects.exists()


@pytest.mark.django_db
def test_a_zip_bomb_is_not_unpacked(monkeypatch):
    bomb = archive({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"\0" * 60_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(Unreadable, match="压缩炸弹"):
        upload(bomb, name="成员.xlsx")


@pytest.mark.django_db
def test_an_unclosed_quote_is_named_as_the_cause():
    rows = "".join(f"人{i},138001{i:05d}\n" for i in range(20_000))
    with pytest.raises(Unreadable, match="引号"):
        upload(HEADER + '"春梅,13800138000\n' + rows)


@pytest.mark.django_db
def test_a_bad_cell_deep_in_the_file_fails_the_job_and_writes_nothing():
    rows = "".join(f"人{i},138001{i:05d}\n" for i in range(3_000))
    job = run_import(HEADER + rows + '"' + "x" * 200_000 + '",13800138000\n')
    assert job.state == "failed"
    assert "3002" in job.failure
    assert not Member.objects.exists()


@pytest.mark.django_db
def test_an_xlsx_named_csv_is_read_by_its_content():
    rows = [
        ["昵称", "手机号", "生日", "积分"],
        ["春梅", 13800138000, "1990-01-02", 1200.0],
        ["小红", "138 0013 8001", None, None],
    ]
    job = run_import(workbook(rows), name="成员.csv")
    assert counts(job) == {"read": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    member = Member.objects.get(phone="+8613800138000")
    assert (member.nickname, member.points_balance, str(member.born_on)) == ("春梅", 1200, "1990-01-02")


@pytest.mark.timeout(60)
def test_a_cell_in_the_far_corner_of_a_sheet_costs_no_minutes():
    """5 kB that span a million rows of 16,384 columns. It took many minutes (and the request's thread)."""
    book = Workbook()
    book.active["A1"], book.active["A2"], book.active["XFD1048576"] = "手机号", "13800138000", " "
    file = io.BytesIO()
    book.save(file)
    rows = list(read_rows(file, sniff(file)))
    assert [number for number, _cells in rows] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters_are_found(encoding, delimiter):
    text = HEADER.replace(",", delimiter) + "".join(f"春梅{i}{delimiter}1380013{i:04d}\n" for i in range(30))
    job = run_import(text.encode(encoding))
    assert job.created_count == 30
    assert Member.objects.get(phone="+8613800130007").nickname == "春梅7"


@pytest.mark.django_db
def test_a_title_above_the_header_is_skipped():
    job = run_import("2026 年会员名单,,\n昵称,手机号,城市\n春梅,13800138000,杭州\n")
    assert counts(job)["created"] == 1


@pytest.mark.django_db
def test_cells_beyond_the_header_reject_their_row_alone():
    job = run_import(HEADER + "春梅,13800138000\n阿云,13800138001,多,出来\n小红,13800138002,,\n")
    assert counts(job) == {"read": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert job.problems[0]["code"] == "ragged"
    assert job.problems[0]["examples"] == [{"row": 3, "value": "多 出来"}]


@pytest.mark.django_db
def test_uploads_are_private(settings):
    job = upload(HEADER + "春梅,13800138000\n")
    assert job.file.storage is storages["private"]
    assert "春" not in job.file.name
    assert job.file.path.startswith(str(settings.PRIVATE_ROOT))
    assert not job.file.path.startswith(str(settings.MEDIA_ROOT))
