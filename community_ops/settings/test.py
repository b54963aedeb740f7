"""Settings for tests: the same code on real servers, cheaper passwords and storages without a manifest."""

import tempfile
from pathlib import Path

from community_ops.settings import *  # noqa: F403
from community_ops.settings import STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_FILES = Path(tempfile.mkdtemp(prefix="community-ops-test-"))
MEDIA_ROOT = _FILES / "media"
PRIVATE_ROOT = _FILES / "private"
STORAGES = {
    **STORAGES,
    "private": {
        **STORAGES["private"],
        "OPTIONS": {**STORAGES["private"]["OPTIONS"], "location": PRIVATE_ROOT},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
AXES_ENABLED = False
WHITENOISE_AUTOREFRESH = True
