#!/usr/bin/env python
"""Django's command line. Has the embedded servers up while it runs, unless real ones are configured."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "没有找到 Django。请先运行 make setup,再用 .venv/bin/python manage.py。\n"
            "Django is not installed here. Run `make setup`, then use `.venv/bin/python manage.py`."
        )
    from community_ops.servers.commands import prepare

    prepare(sys.argv[1:])
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
