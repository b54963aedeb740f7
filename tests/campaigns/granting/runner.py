"""A worker's process without the broker: ``python -m tests.campaigns.granting.runner issue|send``."""

import sys

import django


def main() -> None:
    django.setup()
    from apps.campaigns.services.granting.pending import issue_pending
    from apps.campaigns.services.granting.red_packets import send_red_packets
    from apps.core.clock import database_now

    work = {"issue": issue_pending, "send": send_red_packets}[sys.argv[1]]
    sys.stdout.write(f"{work(now=database_now())}\n")


if __name__ == "__main__":
    main()
