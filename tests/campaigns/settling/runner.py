"""A worker's process without the broker: ``python -m tests.campaigns.settling.runner`` settles what is due."""

import sys

import django


def main() -> None:
    django.setup()
    from apps.campaigns.services.settling import prizes, settle_due_runs
    from apps.core.clock import database_now

    prizes.CHUNK = 2
    sys.stdout.write(f"{settle_due_runs(now=database_now())}\n")


if __name__ == "__main__":
    main()
