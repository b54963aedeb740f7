"""A member who plays in a process of their own: ``python -m tests.h5.player RUN|CODE MEMBER TOKEN KEY``."""

import sys

import django


def main() -> None:
    django.setup()
    from apps.campaigns.services.engine import Origin
    from apps.core.clock import database_now
    from apps.h5.services.playing import act_as_member, open_as_member

    what, member_id, token, key = sys.argv[1:]
    rest = {
        "member_id": int(member_id),
        "params": {},
        "key": key,
        "origin": Origin("", ""),
        "visitor_token": token,
        "now": database_now(),
    }
    if what.isdigit():
        open_as_member(run_id=int(what), **rest)
    else:
        act_as_member(code=what, verb="help", **rest)


if __name__ == "__main__":
    main()
