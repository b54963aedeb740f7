"""The Celery application. The broker only wakes workers up; what is due is decided by tables (D7)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")

app = Celery("community_ops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
