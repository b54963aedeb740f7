"""Named places where a test may kill the process with SIGKILL.

Inert unless the environment names one (``FAILPOINT=delivery.claimed``), and a system check refuses that
in production.
"""

import os
import signal

from django.conf import settings


def failpoint(name: str) -> None:
    """Kill this process at once, without clean-up, if the setting ``FAILPOINT`` equals ``name``."""
    if settings.FAILPOINT and name == settings.FAILPOINT:
        os.kill(os.getpid(), signal.SIGKILL)
