"""One tick in a process of its own, for tests that kill it."""

import django


def main() -> None:
    django.setup()
    from apps.analytics.services.rolling import roll
    from apps.core.clock import database_now

    roll(now=database_now())


if __name__ == "__main__":
    main()
