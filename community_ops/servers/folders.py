"""Making the private folders of the servers, and saying plainly when that cannot be done."""

import os
import stat
from pathlib import Path

from .errors import ServerError
from .paths import Account, Place


def make_folders(place: Place) -> None:
    """Create ``var/``, the locks' folder, the server's folder and its socket's folder (mode 700)."""
    make_locks(place)
    if place.is_elsewhere:
        _make(place.folder.parent, 0o755)
        place.note.write_text(f"{place.folder}\n", encoding="utf-8")
    make_private(place.folder, place.account)
    if place.socket.parent != place.folder:
        make_private(place.socket.parent, place.account)


def make_locks(place: Place) -> None:
    # The server's user has to pass through var/, so its mode must not depend on the caller's umask.
    _make(place.var, 0o755)
    _make(place.locks, 0o755)


def make_private(folder: Path, account: Account | None) -> None:
    """A folder that only the server's user can read. A folder of somebody else is refused."""
    _make(folder, 0o700)
    owner = account.uid if account else os.geteuid()
    status = folder.lstat()
    if account and status.st_uid == 0:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner:
        raise ServerError(
            f"文件夹 {folder} 属于另一个用户。请用原来的用户运行,或删除它后重试,或设置 COMMUNITY_OPS_VAR 换一个文件夹。",
            f"The folder {folder} belongs to another user. Run as that user, or remove it, "
            "or set COMMUNITY_OPS_VAR to another folder.",
        )
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def _make(folder: Path, mode: int) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir()
        except FileExistsError:
            if folder.is_dir():
                return
            raise
        folder.chmod(mode)
    except OSError as error:
        raise ServerError(
            f"无法创建文件夹 {folder}。请检查权限和磁盘空间,或设置 COMMUNITY_OPS_VAR 换一个文件夹。",
            f"The folder {folder} cannot be created. Check permissions and free space, "
            "or set COMMUNITY_OPS_VAR to another folder.",
            detail=str(error),
        ) from error
