"""A folder of its own for every test session, so that tests never touch the data of ``make run``.

``settings/test.py`` calls :func:`claim_folder` before it computes addresses; ``pytest_plugin`` starts the
servers. Two sessions in one checkout get two folders.
"""

import os
import shutil
import tempfile
from pathlib import Path

from .locks import LockFile
from .paths import ROOT, var_dir

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
            shutil.rmtree(folder / "files", ignore_errors=True)
            os.environ["COMMUNITY_OPS_VAR"] = str(folder)
            return
    raise RuntimeError("Sixteen test sessions are running in this checkout already.")


def files_folder() -> Path:
    """A fresh folder for what this process uploads and writes; removed when the next session begins."""
    parent = var_dir() / "files"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))
