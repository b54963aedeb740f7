"""The product's settings for a server under load from one address: limits still count, but do not stop it."""

from community_ops.settings import *  # noqa: F403
from community_ops.settings import API_LIMITS, STORAGES

ROOT_URLCONF = "benchmarks._http_urls"
API_LIMITS = {scope: [(10**9, seconds) for _most, seconds in limits] for scope, limits in API_LIMITS.items()}
# No collected files: their names are looked up while a page is made, not when it is sent.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
