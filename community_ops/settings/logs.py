"""Structured logs without personal data."""

from typing import Any


def logging_config(*, as_json: bool, level: str) -> dict[str, Any]:
    """Return a ``dictConfig``: one line per record, secrets and phones masked by a filter on the handler."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": "apps.core.logs.MaskPersonalData"}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            },
            "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "plain",
                "filters": ["mask"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Its INFO lines carry full request URLs, and a robot's key is in the URL.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
