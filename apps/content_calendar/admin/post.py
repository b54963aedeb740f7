from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from apps.accounts.admin.base import ScopedModelAdmin
from apps.content_calendar.models import Post


@admin.register(Post)
class PostAdmin(ScopedModelAdmin):
    def get_urls(self):
        return [
            path(
                "<int:pk>/page/",
                self.admin_site.admin_view(lambda r, pk: HttpResponse("")),
                name="content_calendar_post_page",
            ),
            *super().get_urls(),
        ]
