"""``python keeper.py NAME``: stops a server whose users were all killed.

A user that ends in order stops the server itself. One that is killed cannot; its lock then falls to the
keeper, which has slept in the kernel until that moment. It detaches itself and there is one per server.
"""

import os
import sys
import types
from pathlib import Path


def main(name: str) -> None:
    """Detach, then wait for the last user of ``name`` and stop the server."""
    from community_ops.servers.embedded import servers

    if os.fork():
        return
    os.setsid()
    embedded = servers()[name]
    if not embedded.users.keeper.take():
        return
    embedded.users.wait_for_none()
    # From here a new user waits for our lock; should we have been late, the last user has stopped it.
    embedded.server.stop()


if __name__ == "__main__":
    # The package's own __init__ brings in Celery: 0.2 s and 30 MB that this process has no use for.
    package = types.ModuleType("community_ops")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["community_ops"] = package
    main(sys.argv[1])
