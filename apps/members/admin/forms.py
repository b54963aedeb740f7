"""The member form: takes a phone in any spelling, shows none."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.errors import DomainError
from apps.core.phones import canonical_mobile
from apps.members.models import Member


class MemberForm(forms.ModelForm):
    """The stored phone is never put into the page (M3): the field is empty, its placeholder masked."""

    new_phone = forms.CharField(
        label=_("手机号"), required=False, max_length=30, widget=UnfoldAdminTextInputWidget()
    )

    class Meta:
        model = Member
        fields = [
            "nickname", "gender", "born_on", "city", "source", "tier", "lifecycle", "joined_at", "inviter",
            "total_spent", "note",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_phone" not in self.fields:
            return
        field = self.fields["new_phone"]
        if self.instance.pk:
            field.widget.attrs["placeholder"] = self.instance.masked_phone or str(_("没有手机号"))
            field.help_text = _("留空则不改。换号时填新号码，任何写法都行。")
        else:
            field.required = True
            field.help_text = _("任何写法都行，会存成国际格式。")

    def clean_new_phone(self) -> str:
        text = self.cleaned_data["new_phone"].strip()
        if not text:
            return ""
        try:
            phone = canonical_mobile(text)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
        if Member.objects.filter(phone=phone).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("这个手机号已属于另一位成员。"))
        return phone

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # Before the constraints are checked.
        if phone := self.cleaned_data.get("new_phone"):
            self.instance.phone = phone
        return cleaned
