"""One tick in a process of its own, for tests that kill it."""

import sys

import django


def main() -> None:
    django.setup()
    from apps.analytics.services import reporting, rolling
    from apps.core.clock import database_now

    tick = reporting.mail_reports if "mail" in sys.argv else rolling.roll
    tick(now=database_now())


if __name__ == "__main__":
    main()
