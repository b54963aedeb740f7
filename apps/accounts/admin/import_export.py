"""CSV in and out for the plain models: detected encoding, Chinese words both ways, no formulas (S3, S5)."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import tablib
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from import_export.tmp_storages import MediaStorage
from import_export.widgets import ForeignKeyWidget, Widget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from apps.accounts.models import Team, User
from apps.accounts.selectors.teams import assignable_teams
from apps.core.errors import DomainError
from apps.core.numbers import whole
from apps.core.sentences import listed
from apps.core.spreadsheet_files import as_csv_text
from apps.core.spreadsheets import neutralise, restore

MAX_BYTES = 10 * 1024 * 1024


class DetectedCSV(CSV):
    """CSV whose encoding is found out (BOM, UTF-8, GB18030) and whose cells cannot become formulas."""

    def get_title(self) -> str:
        return "csv"

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """Rows of the file without its empty ones. Raises ``Unreadable`` if the bytes are no table."""
        raw = tablib.import_set(as_csv_text(in_stream), format="csv", **kwargs)
        headers = [(header or "").strip() for header in raw.headers or []]
        dataset = tablib.Dataset(headers=headers)
        for row in raw:
            cells = [restore(str(cell).strip()) for cell in row]
            if any(cells):
                dataset.append((cells + [""] * len(headers))[: len(headers)])
        return dataset

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        safe = tablib.Dataset(headers=dataset.headers)
        for row in dataset:
            safe.append([neutralise("" if cell is None else str(cell)) for cell in row])
        text: str = safe.export("csv", **kwargs)
        return b"\xef\xbb\xbf" + text.encode()  # Excel in China takes a file without a BOM for GBK


def _plain(text: Any) -> str:
    return unicodedata.normalize("NFKC", str(text)).strip()


class ChoiceWidget(Widget):
    """Labels in the file, stored values in the row. ``aliases`` are other words people write.

    A colleague may have exported the file in another language: labels of all languages are understood.
    """

    def __init__(self, choices: Iterable[tuple[str, Any]], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.choices = list(choices)
        self.aliases = aliases or {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        text = _plain(value)
        if not text:
            return None
        known = {key.casefold(): key for key, _label in self.choices}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                known |= {_plain(label).casefold(): key for key, label in self.choices}
        known |= {_plain(word).casefold(): key for word, key in self.aliases.items()}
        if text.casefold() not in known:
            labels = listed(label for _key, label in self.choices)
            raise ValueError(_("不认识“%(text)s”。可以填：%(labels)s。") % {"text": text, "labels": labels})
        return known[text.casefold()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(dict(self.choices).get(value, value or ""))


class DayWidget(Widget):
    """Dates as people write them: 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        text = _plain(value)
        if not text:
            return None
        parts = "".join(c if c.isdecimal() else " " for c in text).split()
        if len(parts) == 1 and len(parts[0]) == 8:
            parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
        try:
            year, month, day = (int(part) for part in parts[:3])
            return date(year, month, day)
        except ValueError:
            raise ValueError(_("“%s”不是日期，请写成 2026-01-31 这样。") % text) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


class CountWidget(Widget):
    """A whole number, also with thousands commas or full-width digits."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = _plain(value).replace(",", "")
        if not text:
            return None
        number = whole(text, at_most=999_999_999)
        if number is None:
            raise ValueError(_("“%s”不是整数。") % text)
        return number


class NamedWidget(ForeignKeyWidget):
    """A row of another model by its name, among those the importing user may see (S1)."""

    def get_queryset(self, value: Any, row: Any, *args: Any, **kwargs: Any) -> Any:
        return self.model._default_manager.visible_to(kwargs["user"])

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> models.Model | None:
        text = _plain(value)
        if not text:
            return None
        found = self.get_queryset(text, row, **kwargs).filter(**{self.field: text}).first()
        if found is None:
            noun = self.model._meta.verbose_name
            raise ValueError(
                _("没有叫“%(text)s”的%(noun)s，或者你看不到它。请先建好，或改正名称。")
                % {"text": text, "noun": noun}
            )
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(getattr(value, self.field)) if value else ""


class TeamWidget(NamedWidget):
    """A team by its name, among those the importing user may give rows to."""

    def __init__(self) -> None:
        super().__init__(Team, "name")

    def get_queryset(self, value: Any, row: Any, *args: Any, **kwargs: Any) -> Any:
        return assignable_teams(kwargs["user"])


class PlainResource(ModelResource):
    """Rows matched by ``import_id_fields``; an empty cell or a missing column changes nothing.

    Only rows that ``user`` may see are updated; a name taken by an invisible row is a problem of that line.
    """

    def __init__(self, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user

    def get_queryset(self) -> Any:
        rows = self._meta.model._default_manager.all()
        return rows.visible_to(self.user) if self.user is not None else rows

    def import_field(
        self, field: Field, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any
    ) -> None:
        if str(row.get(field.column_name) or "").strip():
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        missing = [
            self.fields[name].column_name
            for name in self._meta.import_id_fields
            if self.fields[name].column_name not in (dataset.headers or [])
        ]
        if missing:
            raise ValidationError(_("文件里没有“%s”这一列。请检查第一行是不是表头。") % listed(missing))
        super().before_import(dataset, **kwargs)

    class Meta:
        abstract = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        clean_model_instances = True


class SmallFileForm(ImportForm):
    """These files are read whole: millions of rows go through the import of members."""

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _("文件有 %(size)d MB，最多 %(limit)d MB。")
                % {"size": file.size >> 20, "limit": MAX_BYTES >> 20}
                + _("请分成几个文件上传。")
            )
        return file


class SpreadsheetAdminMixin(ImportExportMixin):
    """Import with preview and export for a ``ScopedModelAdmin``. Set ``resource_classes``."""

    import_form_class = SmallFileForm
    export_form_class = ExportForm
    tmp_storage_class = MediaStorage  # any web host may serve the second step
    formats = [DetectedCSV]
    import_template_name = "admin/plain_import.html"

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)  # type: ignore[attr-defined]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)  # type: ignore[attr-defined]

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {"user": request.user}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if isinstance(e, DomainError):
            form.add_error("import_file", str(e))
        else:
            form.add_error("import_file", gettext_lazy("读不懂这个文件。请另存为 CSV 再上传。"))
