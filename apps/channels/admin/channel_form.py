"""The form of a channel: credentials go in and never come out."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from apps.channels.drivers.base import Driver
from apps.channels.drivers.registry import all_drivers, get_driver
from apps.channels.models import Channel
from apps.core.errors import Invalid

_SIGNED = [key for key, driver in all_drivers().items() if driver.signing_label]
_SECRET = [key for key, driver in all_drivers().items() if driver.secret_label]
_ANY_PLATFORM = [key for key, driver in all_drivers().items() if not driver.platform]


def shown_for(drivers: list[str]) -> str:
    """An Alpine condition: the field shows while one of ``drivers`` is chosen."""
    names = ", ".join(f'"{name}"' for name in drivers)
    return f"[{names}].includes(driver)"


CONDITIONAL_FIELDS = {
    "secret": shown_for(_SECRET),
    "signing_secret": shown_for(_SIGNED),
    "forget_signing": shown_for(_SIGNED),
    "platform": shown_for(_ANY_PLATFORM),
    "is_at_least_once": shown_for(_SECRET),
    "rate_limit": shown_for(_SECRET),
    "rate_window_seconds": shown_for(_SECRET),
}


def drivers_help() -> SafeString:
    """How each way of sending is set up, folded away."""
    ways = ((driver.label, driver.help_text) for driver in all_drivers().values())
    return format_html(
        "<details><summary>{}</summary>{}</details>",
        _("各种发送方式怎么接入"),
        format_html_join("", "<p><b>{}</b> — {}</p>", ways),
    )


class ChannelForm(forms.ModelForm):
    """``secret`` and ``signing_secret`` are write-only: an empty field leaves the stored one as it is."""

    secret = forms.CharField(
        label=_("机器人密钥或接收地址"),
        required=False,
        strip=True,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
    )
    signing_secret = forms.CharField(
        label=_("签名密钥"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
    )
    forget_signing = forms.BooleanField(
        label=_("不再签名"), required=False, widget=UnfoldBooleanSwitchWidget()
    )

    class Meta:
        model = Channel
        fields = [
            "name",
            "driver",
            "platform",
            "team",
            "owner",
            "is_at_least_once",
            "rate_limit",
            "rate_window_seconds",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("rate_limit", "rate_window_seconds"):
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].initial = None if self.instance.pk is None else self.fields[name].initial
        if "rate_limit" in self.fields:
            self.fields["rate_limit"].help_text = _("留空按平台的规定。")
            if self.instance.pk is None:
                self.initial.update(rate_limit=None, rate_window_seconds=None)
        for name in ("secret", "signing_secret"):
            if name not in self.fields:
                continue
            self.initial[name] = ""
            if getattr(self.instance, name):
                shown = self.instance.masked_secret if name == "secret" else "••••••••"
                self.fields[name].widget.attrs["placeholder"] = shown
                self.fields[name].help_text = _("已保存，不再显示。留空表示不变。")
            elif name == "secret":
                self.fields[name].help_text = _("可以直接贴完整的 Webhook 地址。加密保存，之后不再显示。")

    def full_clean(self) -> None:
        """A refused credential does not go back into the page: it may be somebody's password, pasted by mistake.

        One that was fine stays while another field is corrected, or saving again would silently lose it.
        """
        super().full_clean()
        refused = [name for name in ("secret", "signing_secret") if name in self.errors]
        if refused:
            data = QueryDict(mutable=True)
            data.update(self.data)
            for name in refused:
                data[self.add_prefix(name)] = ""
            self.data = data

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        driver = self._driver(values)
        if driver is None:
            return values
        self._clean_secret(driver, values)
        if driver.platform:
            values["platform"] = driver.platform
        messages, seconds = driver.default_rate
        values["rate_limit"] = values.get("rate_limit") or messages
        values["rate_window_seconds"] = values.get("rate_window_seconds") or seconds
        return values

    def _driver(self, values: dict[str, Any]) -> Driver | None:
        try:
            return get_driver(values.get("driver", ""))
        except KeyError:
            return None

    def _clean_secret(self, driver: Driver, values: dict[str, Any]) -> None:
        typed = values.get("secret", "")
        has_changed_driver = "driver" in self.changed_data and self.instance.pk is not None
        if driver.secret_label and (typed or not self.instance.secret or has_changed_driver):
            try:
                values["secret"] = driver.clean_secret(typed)
            except Invalid as error:
                self.add_error("secret", str(error))

    def _post_clean(self) -> None:
        """Put the credentials into the instance only when something was typed."""
        stored = self.instance.secret, self.instance.signing_secret
        super()._post_clean()  # type: ignore[misc]
        self.instance.secret, self.instance.signing_secret = stored
        driver = self._driver(self.cleaned_data)
        if driver is None:
            return
        if not driver.secret_label:
            self.instance.secret = ""
        elif self.cleaned_data.get("secret"):
            self.instance.secret = self.cleaned_data["secret"]
        if not driver.signing_label or self.cleaned_data.get("forget_signing"):
            self.instance.signing_secret = ""
        elif self.cleaned_data.get("signing_secret"):
            self.instance.signing_secret = self.cleaned_data["signing_secret"].strip()
