"""The import wizard as a newcomer walks it, on the real GBK file (M1, M2)."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.imports.services.working import work_next
from apps.members.models import Member

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
GBK = Path(__file__).parent.parent / "data" / "members_excel_gbk.csv"


def number(page: Page, name: str) -> int:
    return int(page.get_by_test_id(name).first.inner_text().replace(",", ""))


@pytest.mark.parametrize("width", [1280, 390])
def test_gbk_file_goes_in_is_reported_and_comes_back_corrected(open_as, architect, width, tmp_path):
    page = open_as(architect, "/admin/imports/importjob/wizard/?target=members", width=width)
    page.get_by_test_id("file").set_input_files(GBK)
    page.get_by_test_id("upload").click()

    # Encoding: detected without asking; a wrong choice shows what it would do, live, and nothing is lost.
    expect(page.get_by_test_id("encoding")).to_have_value("gb18030")
    expect(page.get_by_test_id("preview")).to_contain_text("昵称")
    page.get_by_test_id("encoding").select_option("big5hkscs")
    expect(page.locator("[data-testid=preview], [data-testid=preview-refusal]").first).not_to_contain_text(
        "昵称"
    )
    page.get_by_test_id("encoding").select_option("gb18030")
    expect(page.get_by_test_id("preview")).to_contain_text("昵称")
    page.get_by_test_id("to-mapping").click()

    # Mapping: guessed from the Chinese headers.
    expect(page.get_by_test_id("map-1")).to_have_value("phone")
    page.get_by_test_id("to-check").click()

    # Dry run: counts and the first problems, nothing written.
    expect(page.get_by_test_id("equation")).to_be_visible(timeout=30_000)
    foreseen = {name: number(page, name) for name in ("read", "created", "updated", "unchanged", "rejected")}
    assert foreseen["read"] == sum(count for name, count in foreseen.items() if name != "read")
    assert foreseen["rejected"] > 0
    assert Member.objects.count() == 0
    page.get_by_test_id("confirm").click()

    # Run: a worker takes the job; the page follows by itself to the report.
    assert work_next() is not None
    expect(page.get_by_test_id("report")).to_have_attribute("data-state", "done", timeout=30_000)
    assert {name: number(page, name) for name in foreseen} == foreseen
    assert Member.objects.count() == foreseen["created"]

    # The error file goes up again as it is, and all its rows are refused again: nothing was invented.
    with page.expect_download() as download:
        page.get_by_test_id("errors").click()
    errors = tmp_path / "errors.csv"
    download.value.save_as(errors)
    rows = list(csv.reader(io.StringIO(errors.read_text(encoding="utf-8-sig"))))
    assert len(rows) - 1 == foreseen["rejected"]
    page.get_by_test_id("again").click()
    page.get_by_test_id("file").set_input_files(errors)
    page.get_by_test_id("upload").click()
    page.get_by_test_id("to-mapping").click()
    page.get_by_test_id("to-check").click()
    expect(page.get_by_test_id("equation")).to_be_visible(timeout=30_000)
    assert number(page, "read") == number(page, "rejected") == foreseen["rejected"]


def test_refused_file_gets_a_sentence_and_the_page_stays(open_as, architect, tmp_path):
    fake = tmp_path / "成员.csv"
    fake.write_bytes(b"%PDF-1.7\n" + b"\0" * 200)
    page = open_as(architect, "/admin/imports/importjob/wizard/?target=members")
    page.get_by_test_id("file").set_input_files(fake)
    page.get_by_test_id("upload").click()
    expect(page.get_by_test_id("error")).to_contain_text("PDF")
    expect(page.get_by_test_id("upload")).to_be_visible()
