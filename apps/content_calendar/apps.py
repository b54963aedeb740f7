from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentCalendarConfig(AppConfig):
    name = "apps.content_calendar"
    label = "content_calendar"
    verbose_name = _("内容日历")
