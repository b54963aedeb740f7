"""A folder of its own for every test session, known before Django settings are read.

``pytest_plugin`` calls :func:`claim_folder` when it is imported, so that the addresses it computes are those
of the test servers; it starts them later. Two sessions in one checkout get two folders.
"""

import os

from .locks import LockFile
from .paths import ROOT

_claimed: LockFile | None = None


def claim_folder() -> None:
    """Point ``COMMUNITY_OPS_VAR`` at ``var/test``, or at ``var/test-2`` … while another session runs.

    The claim lasts as long as this process. Children inherit the variable and claim nothing.
    """
    global _claimed
    if os.environ.get("COMMUNITY_OPS_VAR"):
        return
    for number in range(1, 17):
        folder = ROOT / "var" / ("test" if number == 1 else f"test-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        claim = LockFile(folder / "session")
        if claim.take():
            _claimed = claim
            os.environ["COMMUNITY_OPS_VAR"] = str(folder)
            return
    raise RuntimeError("Sixteen test sessions are running in this checkout already.")
