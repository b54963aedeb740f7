"""The wizard, step by step, as a person without JavaScript walks it."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice
from apps.imports.models import ImportJob, RememberedMapping
from apps.imports.tasks import run_due_jobs
from apps.members.models import Member
from tests.imports.conftest import DATA, counts, run_import

pytestmark = pytest.mark.django_db

TEXT = "称呼,联系电话,城市\n春梅,138 0013 8000,杭州\n阿云,12345,上海\n"


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def web(client, operator):
    client.force_login(operator)
    return client


def url(name: str, job: ImportJob | None = None) -> str:
    return reverse(f"admin:imports_importjob_{name}", args=[job.pk] if job else [])


def read_csv(file) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


def post_file(web, content: bytes, name: str = "成员.csv"):
    return web.post(url("wizard"), {"target": "members", "file": SimpleUploadedFile(name, content)})


def test_from_file_to_report(web, operator):
    assert web.get(url("wizard") + "?target=members").status_code == 200
    answer = post_file(web, TEXT.encode("gb18030"))
    job = ImportJob.objects.get()
    assert answer.url == url("format", job)
    assert job.created_by == operator

    page = web.get(url("format", job)).content.decode()
    assert "春梅" in page
    assert '<option value="gb18030" selected>' in page
    assert "13800138000" not in page.replace(" ", ""), "phones are masked"

    answer = web.post(url("format", job), {"encoding": "gb18030", "delimiter": ","})
    assert answer.url == url("mapping", job)
    page = web.get(url("mapping", job)).content.decode()
    assert '<option value="phone" selected>' in page

    mapping = {"column-0": "nickname", "column-1": "phone", "column-2": ""}
    assert web.post(url("mapping", job), mapping).url == url("check", job)
    job.refresh_from_db()
    assert job.preview["counts"] == {"read": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    page = web.get(url("check", job)).content.decode()
    assert "手机号不正确" in page
    assert not Member.objects.exists()

    assert web.post(url("check", job)).url == url("job", job)
    assert web.get(url("job", job)).url == url("run", job)
    assert web.get(url("progress", job)).json()["state"] == "queued"
    run_due_jobs()
    assert web.get(url("progress", job)).json()["next"] == url("job", job)

    page = web.get(url("report", job)).content.decode()
    assert 'data-testid="created">1<' in page
    assert 'data-testid="rejected">1<' in page
    assert Member.objects.get().city == "", "an unmapped column is not imported"
    assert Notice.objects.get(user=operator).url == url("job", job)
    assert RememberedMapping.objects.get().mapping == {"0": "nickname", "1": "phone"}


def test_the_mapping_is_remembered_for_the_same_headers(web):
    post_file(web, "甲,乙\n春梅,13800138000\n".encode())
    first = ImportJob.objects.get()
    assert first.mapping == {"1": "phone"}, "guessed by content"
    web.post(url("mapping", first), {"column-0": "note", "column-1": "phone"})
    post_file(web, "甲,乙\n阿云,13800138001\n".encode())
    assert ImportJob.objects.first().mapping == {"0": "note", "1": "phone"}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"column-0": "phone", "column-1": "phone"}, "有两列都对应到"),
        ({"column-0": "nickname"}, "认不出谁是谁"),
        ({"column-0": "no such thing", "column-1": "phone"}, "不存在的列"),
    ],
)
def test_a_wrong_mapping_gets_a_sentence_and_keeps_what_was_chosen(web, choice, words):
    post_file(web, TEXT.encode())
    job = ImportJob.objects.get()
    answer = web.post(url("mapping", job), choice)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page
    if choice["column-0"] != "no such thing":
        assert f'<option value="{choice["column-0"]}" selected>' in page


def test_a_bad_file_gets_a_sentence_on_the_upload_page(web):
    answer = post_file(web, b"%PDF-1.7")
    assert answer.status_code == 400
    assert "这是 PDF" in answer.content.decode()
    assert not ImportJob.objects.exists()
    assert web.post(url("wizard"), {"target": "members"}).status_code == 400


@pytest.mark.parametrize("wrong", [{"encoding": "big5hkscs"}, {"delimiter": ";"}])
def test_no_reading_of_the_file_shows_a_phone(web, wrong):
    """M3: read wrongly, the header line is another, and the columns are not known to be personal."""
    post_file(web, TEXT.encode("gb18030"))
    page = web.get(url("preview", ImportJob.objects.get()), wrong).content.decode()
    assert "12345" in page, "the rows are there"
    assert "13800138000" not in page.replace(" ", "")


def test_the_live_preview_follows_the_encoding(web):
    post_file(web, TEXT.encode("gb18030"))
    job = ImportJob.objects.get()
    right = web.get(url("preview", job), {"encoding": "gb18030"}).content.decode()
    wrong = web.get(url("preview", job), {"encoding": "utf-8"}).content.decode()
    assert "春梅" in right
    assert 'data-testid="garbage"' in wrong
    job.refresh_from_db()
    assert job.encoding == "gb18030", "looking changes nothing"


def test_another_encoding_is_used_when_a_person_says_so(web):
    post_file(web, "稱呼,電話\n愛麗絲,13800138000\n".encode("big5hkscs"))
    job = ImportJob.objects.get()
    web.post(url("format", job), {"encoding": "big5hkscs", "delimiter": ","})
    job.refresh_from_db()
    assert job.encoding == "big5hkscs"
    assert "愛麗絲" in web.get(url("mapping", job)).content.decode()


def test_a_cancelled_job_writes_nothing(web):
    post_file(web, TEXT.encode())
    job = ImportJob.objects.get()
    web.post(url("mapping", job), {"column-1": "phone"})
    web.post(url("check", job))
    web.post(url("cancel", job))
    run_due_jobs()
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Member.objects.exists()
    assert "没有写入" in web.get(url("report", job)).content.decode()


def test_the_error_file_is_corrected_and_uploaded_again_as_it_is(web, architect):
    text = '昵称,手机号,备注\n=HYPERLINK(1),12345,"=1+1\n两行"\n@all,,x\n春梅,13800138000,\n'
    job = run_import(text)
    assert counts(job)["rejected"] == 2
    web.force_login(architect)
    answer = web.get(url("errors", job))
    content = b"".join(answer.streaming_content)
    assert "filename*=utf-8''" in answer["Content-Disposition"]
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"'=HYPERLINK" in content
    assert AuditEntry.objects.filter(action="import.download_errors").count() == 1
    same = run_import(content)
    assert counts(same) == {"read": 2, "created": 0, "updated": 0, "unchanged": 0, "rejected": 2}
    with same.error_file.open() as file:
        assert file.read() == content, "another round changes nothing"
    corrected = (
        content.decode("utf-8-sig").replace("12345", "13800138001").replace("'@all,,", "'@all,13800138002,")
    )
    fixed = run_import(corrected)
    assert counts(fixed) == {"read": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert Member.objects.get(phone="+8613800138001").note == "=1+1\n两行"
    assert Member.objects.get(phone="+8613800138001").nickname == "=HYPERLINK(1)"


def test_jobs_are_seen_by_their_owner_only(web, make_user, team):
    post_file(web, TEXT.encode())
    job = ImportJob.objects.get()
    web.force_login(make_user("other", Role.GROUP_OPERATOR, team))
    for name in ("job", "format", "mapping", "check", "report", "progress", "original", "errors", "undo"):
        assert web.get(url(name, job)).status_code == 404, name
    web.force_login(make_user("analyst", Role.ANALYST, team))
    assert web.get(url("wizard")).status_code == 403
    assert web.get(url("original", job)).status_code in {403, 404}


def test_uploads_with_personal_data_leave_an_audit_row(web):
    post_file(web, TEXT.encode())
    job = ImportJob.objects.get()
    assert b"".join(web.get(url("original", job)).streaming_content) == TEXT.encode()
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "import.upload",
        "import.download_original",
    ]


def test_a_failed_job_may_go_back_to_its_format(web):
    rows = "".join(f"人{i},138001{i:05d}\n" for i in range(3_000))
    post_file(web, ("昵称,手机号\n" + rows + '"' + "x" * 200_000 + '",1\n').encode())
    job = ImportJob.objects.get()
    web.post(url("mapping", job), {"column-1": "phone"})
    job.refresh_from_db()
    assert job.state == "failed"
    page = web.get(url("report", job)).content.decode()
    assert "单元格" in page
    assert url("format", job) in page
    assert web.get(url("format", job)).status_code == 200


def test_the_list_of_jobs_costs_the_same_at_one_and_three_rows(web, django_assert_num_queries):
    post_file(web, TEXT.encode())
    listing = reverse("admin:imports_importjob_changelist")
    web.get(listing)
    with django_assert_num_queries(QUERIES):
        assert web.get(listing).status_code == 200
    for _ in range(2):
        post_file(web, TEXT.encode())
    with django_assert_num_queries(QUERIES):
        assert web.get(listing).status_code == 200


QUERIES = 6


def test_a_big_check_runs_in_a_worker(web, monkeypatch):
    from apps.imports.admin import wizard

    monkeypatch.setattr(wizard, "INLINE_BYTES", 10)
    post_file(web, TEXT.encode())
    job = ImportJob.objects.get()
    web.post(url("mapping", job), {"column-1": "phone"})
    page = web.get(url("check", job)).content.decode()
    assert 'data-testid="progress"' in page
    run_due_jobs()
    assert 'data-testid="confirm"' in web.get(url("check", job)).content.decode()


def test_the_gbk_file_walks_through(web, real_groups):
    post_file(web, (DATA / "members_excel_gbk.csv").read_bytes(), "members_excel_gbk.csv")
    job = ImportJob.objects.get()
    assert job.encoding == "gb18030"
    assert len(job.mapping) == 15, "every column is guessed"
    post = {f"column-{index}": key for index, key in job.mapping.items()}
    web.post(url("mapping", job), post)
    assert web.get(url("check", job)).status_code == 200
    web.post(url("check", job))
    run_due_jobs()
    job.refresh_from_db()
    assert job.state == "done"
    assert web.get(url("report", job)).status_code == 200
    with job.error_file.open() as file:
        assert len(read_csv(file)) == 1 + job.rejected_count
