"""A worker's process without the broker: ``python -m tests.orders.runner`` takes due refunds one step further."""

import sys

import django


def main() -> None:
    django.setup()
    from apps.core.clock import database_now
    from apps.orders.services.refunding import process_refunds

    sys.stdout.write(f"{process_refunds(now=database_now())}\n")


if __name__ == "__main__":
    main()
