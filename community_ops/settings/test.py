"""Settings for tests: the same code on real servers, cheaper passwords and storages without a manifest."""

import os

from community_ops.servers import embedded, testing
from community_ops.settings import *  # noqa: F403
from community_ops.settings import DATABASE_IS_EMBEDDED, DATABASES, REDIS_IS_EMBEDDED, env
from community_ops.settings.cache import cache_url, caches

# The package's __init__ ran before this line, so its addresses are those of development: set them anew.
testing.claim_folder()
if DATABASE_IS_EMBEDDED:
    DATABASES["default"].update(env.db_url_config(embedded.database_url()))
if REDIS_IS_EMBEDDED:
    REDIS_URL = CELERY_BROKER_URL = embedded.redis_url()
    CACHE_URL = cache_url(REDIS_URL)
# The workers of one session share a Valkey, and count what they do by themselves.
CACHE_PREFIX = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}"
# Each process keeps its own: a worker that flushes Valkey to prove that nothing is lost must not empty another's.
CACHES = caches("", CACHE_PREFIX)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_FILES = testing.files_folder()
MEDIA_ROOT = _FILES / "media"
PRIVATE_ROOT = _FILES / "private"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "import_export": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
AXES_ENABLED = False
WHITENOISE_AUTOREFRESH = True
# Tests act faster than people; those of the limits set their own.
API_LIMITS = {}
