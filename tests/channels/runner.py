"""A worker's process without the broker: ``python -m tests.channels.runner [seconds]`` dispatches until then."""

import sys
import time

import django


def main() -> None:
    django.setup()
    from apps.channels.services.dispatching import dispatch

    sys.stdout.write("READY\n")
    sys.stdout.flush()
    sys.stdin.readline()
    until = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < until:
        dispatch()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
