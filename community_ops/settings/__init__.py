"""Settings, driven by the environment. Every variable is listed in docs/deployment.md."""

from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from community_ops.servers import embedded
from community_ops.settings.admin_site import UNFOLD  # noqa: F401
from community_ops.settings.cache import cache_url, caches
from community_ops.settings.logs import logging_config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
environ.Env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env("COMMUNITY_OPS_VAR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
# Production refuses development defaults: see community_ops/checks.py.
PRODUCTION = env.bool("PRODUCTION", default=False)
DEVELOPMENT_SECRET_KEY = "development-only-key-do-not-use-in-production-0123456789"  # noqa: S105
SECRET_KEY = env("SECRET_KEY", default=DEVELOPMENT_SECRET_KEY)
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env("SITE_URL", default="http://localhost:8000")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "import_export",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "community_ops.login_protection.LoginProtectionConfig",
    "csp",
    "apps.core",
    "apps.accounts",
    "apps.events",
    "apps.imports",
    "apps.members",
    "apps.channels",
    "apps.orders",
    "apps.groups",
    "apps.campaigns",
    "apps.content_calendar",
    "apps.analytics",
    "apps.h5",
    "community_ops",
]

MIDDLEWARE = [
    # First: a probe knows neither our host name nor HTTPS, and must not be sent elsewhere.
    "community_ops.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "community_ops.odd_requests.OddRequestMiddleware",
]

ROOT_URLCONF = "community_ops.urls"
WSGI_APPLICATION = "community_ops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- PostgreSQL: the one source of truth -------------------------------------------------------
DATABASE_IS_EMBEDDED = not env("DATABASE_URL", default="")
DATABASES = {
    "default": {
        **env.db_url_config(env("DATABASE_URL", default="") or embedded.database_url()),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode must work: no server-side cursors held open.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: a wake-up call ---------------------------------------------------------------------
REDIS_IS_EMBEDDED = not env("REDIS_URL", default="")
REDIS_URL = env("REDIS_URL", default="") or embedded.redis_url()
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": not REDIS_URL.startswith("redis+socket"),
    "health_check_interval": 15,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no results are kept: beat needs no task to clean them up
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_DEFAULT_QUEUE = "default"
# A worker without -Q serves all of them.
# Each its own exchange: by default all would share one binding, and what is published by it reaches all.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), name) for name in ("default", "delivery", "imports")]
CELERY_TASK_ROUTES = {
    "apps.channels.tasks.*": {"queue": "delivery"},
    "apps.imports.tasks.*": {"queue": "imports"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- Cache: limits at the edge; nothing that is lost with it is missed ---------------------------
# Not the broker's database: clearing the cache must not clear the queue.
CACHE_URL = env("CACHE_URL", default=cache_url(REDIS_URL))
CACHE_PREFIX = env("CACHE_PREFIX", default="community_ops")
CACHES = caches(CACHE_URL, CACHE_PREFIX)

# --- Accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = env.int("AXES_FAILURE_LIMIT", default=8)
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False  # ours: community_ops/admin/login_attempts.py

# --- Language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("英语"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True

# --- Files ---------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Uploaded member files and error files: never served by URL, only through views that check permission.
PRIVATE_ROOT = Path(env("PRIVATE_ROOT", default=str(VAR_DIR / "private")))
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
    },
    # What a plain import (teams, groups, memberships …) keeps between its preview and its confirmation.
    "import_export": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
    },
    # Compressing 20 MB takes 15 seconds: worth it on a real server, not before the first look.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Posters are drawn once and kept until they fill this; a phone keeps one for so many seconds.
POSTER_CACHE_BYTES = env.int("POSTER_CACHE_BYTES", default=512 * 1024 * 1024)
POSTER_SECONDS = 300
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)
# Facts older than so many months are dropped once the rollups have counted them; the rollups stay.
EVENT_RETENTION_MONTHS = env.int("EVENT_RETENTION_MONTHS", default=36)

# --- Chat platforms: a local server can stand in -------------------------------------------------
WECOM_API_BASE = env("WECOM_API_BASE", default="https://qyapi.weixin.qq.com")
DINGTALK_API_BASE = env("DINGTALK_API_BASE", default="https://oapi.dingtalk.com")
FEISHU_API_BASE = env("FEISHU_API_BASE", default="https://open.feishu.cn")
TELEGRAM_API_BASE = env("TELEGRAM_API_BASE", default="https://api.telegram.org")
# Hosts that staff-set URLs may reach although they are not globally routable (S4), e.g. localhost:9000.
OUTBOUND_ALLOWED_HOSTS = env.list("OUTBOUND_ALLOWED_HOSTS", default=[])
SIMULATOR_URL = env("SIMULATOR_URL", default="")

# --- Delivery: seconds unless said otherwise -----------------------------------------------------
# A killed worker's channels are taken over after the lease; it must outlast the longest request.
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", default=45.0)
DELIVERY_CONNECT_SECONDS = env.float("DELIVERY_CONNECT_SECONDS", default=5.0)
DELIVERY_READ_SECONDS = env.float("DELIVERY_READ_SECONDS", default=10.0)
DELIVERY_TOTAL_SECONDS = env.float("DELIVERY_TOTAL_SECONDS", default=20.0)
# How many channels one task works at the same time, and for how long before it makes room.
DELIVERY_THREADS = env.int("DELIVERY_THREADS", default=8)
DELIVERY_RUN_SECONDS = env.float("DELIVERY_RUN_SECONDS", default=6.0)
# A channel rests this long after an answer that nobody can read.
DELIVERY_REST_SECONDS = env.float("DELIVERY_REST_SECONDS", default=10.0)
DELIVERY_PACE_MARGIN_SECONDS = env.float("DELIVERY_PACE_MARGIN_SECONDS", default=0.2)
# How long a verdict is held and offered to a database that does not answer.
DELIVERY_RECORD_SECONDS = env.float("DELIVERY_RECORD_SECONDS", default=20.0)
# Prepared statements save planning; turn them off behind a PgBouncer older than 1.21.
DELIVERY_PREPARE = env.bool("DELIVERY_PREPARE", default=True)

# --- Payments: what each provider needs, by the names it asks for ---------------------------------
PAYMENT_PROVIDER = env("PAYMENT_PROVIDER", default="manual")  # of orders that name none
PAYMENT_CREDENTIALS: dict[str, dict[str, str]] = {
    "webhook": {"key": env("PAYMENT_WEBHOOK_KEY", default="")},
    "wechat_pay": {
        "base": env("WECHAT_PAY_BASE", default="https://api.mch.weixin.qq.com"),
        "mchid": env("WECHAT_PAY_MCHID", default=""),
        "appid": env("WECHAT_PAY_APPID", default=""),
        "serial_no": env("WECHAT_PAY_SERIAL_NO", default=""),
        # PEM texts; "\n" stands for a line's end where a variable cannot hold one.
        "private_key": env("WECHAT_PAY_PRIVATE_KEY", default="").replace("\\n", "\n"),
        "api_v3_key": env("WECHAT_PAY_API_V3_KEY", default=""),
        "public_key_id": env("WECHAT_PAY_PUBLIC_KEY_ID", default=""),
        "public_key": env("WECHAT_PAY_PUBLIC_KEY", default="").replace("\\n", "\n"),
    },
}
# Red packets: the same merchant, and the scene that WeChat has approved (1000: 现金营销).
PAYMENT_CREDENTIALS["wechat_transfer"] = {
    **PAYMENT_CREDENTIALS["wechat_pay"],
    "scene_id": env("WECHAT_TRANSFER_SCENE_ID", default=""),
}

# --- Log-in of members: codes by SMS, WeChat ------------------------------------------------------
# "console" writes codes into the log and is refused in production; "" turns log-in by phone off.
SMS_PROVIDER = env("SMS_PROVIDER", default="" if PRODUCTION else "console")
# A development server may show the code on the page as well: then anybody can be any member.
SMS_CODE_ON_PAGE = env.bool("SMS_CODE_ON_PAGE", default=False)
SMS_CREDENTIALS: dict[str, dict[str, str]] = {
    "tencent": {
        "base": env("TENCENT_SMS_BASE", default="https://sms.tencentcloudapi.com"),
        "region": env("TENCENT_SMS_REGION", default="ap-guangzhou"),
        "secret_id": env("TENCENT_SMS_SECRET_ID", default=""),
        "secret_key": env("TENCENT_SMS_SECRET_KEY", default=""),
        "app_id": env("TENCENT_SMS_APP_ID", default=""),
        "sign_name": env("TENCENT_SMS_SIGN_NAME", default=""),
        "template_id": env("TENCENT_SMS_TEMPLATE_ID", default=""),
        "params": env("TENCENT_SMS_TEMPLATE_PARAMS", default="code,minutes"),
    },
}
_BY_ADDRESS = env.int(
    "SMS_LIMIT_PER_ADDRESS", default=60
)  # an hour; a carrier's address has many phones behind it
# (at most, in how many seconds), all of which must allow a code. apps/h5/services/phone_codes.py
SMS_LIMITS: dict[str, list[tuple[int, int]]] = {
    "phone": [(1, 60), (5, 3_600), (10, 86_400)],
    "ip": [(_BY_ADDRESS, 3_600), (5 * _BY_ADDRESS, 86_400)],
    "all": [(env.int("SMS_DAILY_LIMIT", default=20_000), 86_400)],
}
WECHAT_OAUTH: dict[str, str] = {
    "base": env("WECHAT_OAUTH_BASE", default="https://api.weixin.qq.com"),
    "authorize": env("WECHAT_OAUTH_AUTHORIZE", default="https://open.weixin.qq.com/connect/oauth2/authorize"),
    "appid": env("WECHAT_OAUTH_APPID", default=""),
    "secret": env("WECHAT_OAUTH_SECRET", default=""),
    "scope": env("WECHAT_OAUTH_SCOPE", default="snsapi_base"),
}

# --- Security ------------------------------------------------------------------------------------
# Unfold needs 'unsafe-eval' (Alpine) and inline styles; nothing else is let in (S6).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Bearer token for /metrics; empty means that only loopback may read it.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
#: What one point is worth in yuan when it is spent, for the liabilities page; empty where points are not money.
POINT_YUAN = env("POINT_YUAN", default="")

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "DEFAULT_RENDERER_CLASSES": ["apps.accounts.api.bodies.ExactJSONRenderer"],
    "EXCEPTION_HANDLER": "apps.accounts.api.problems.handle_exception",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "群策 Community Ops",
    "DESCRIPTION": "Campaigns for members (H5, mini-programs) and tills; the calendar for staff.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "RunState": "apps.campaigns.enums.RunState",
        "EntryState": "apps.campaigns.enums.EntryState",
        "GrantState": "apps.campaigns.enums.GrantState",
        "CouponState": "apps.campaigns.enums.CouponState",
        "BenefitKind": "apps.campaigns.enums.BenefitKind",
        "CouponKind": "apps.campaigns.enums.CouponKind",
        "PostState": "apps.content_calendar.enums.PostState",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
# How many proxies of ours stand before the web server: that many addresses of X-Forwarded-For are believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# scope: (at most, in how many seconds), all of which must allow a request. apps/accounts/api/limits.py
#: smtp://user:password@host:587, smtp+tls://…; unset: letters go to the log of the process.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 20
EMAIL_SUBJECT_PREFIX = "[群策] "
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="community-ops@localhost")

API_LIMITS: dict[str, list[tuple[int, int]]] = {
    "read_member": [(60, 10), (3_000, 3_600)],
    "read_ip": [(600, 10), (30_000, 3_600)],
    "act_member": [(20, 10), (600, 3_600)],
    "act_verb": [(8, 10), (240, 3_600)],
    "act_ip": [(200, 10), (6_000, 3_600)],
    "guess_ip": [(30, 600), (200, 86_400)],
    "wrong_key_ip": [(20, 60), (200, 3_600)],
}

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = False  # ours round-trips: apps/core/spreadsheets.py (S5)

LOGGING = logging_config(as_json=env.bool("LOG_JSON", default=True), level=env("LOG_LEVEL", default="INFO"))
FAILPOINT = env("FAILPOINT", default="")
