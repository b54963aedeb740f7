"""What must be true before anything starts; each failure is a sentence that says what to do."""

import errno
import importlib.util
import ipaddress
import socket
import sys

from .environment import setting
from .errors import ServerError

OLDEST_PYTHON = (3, 12)
TOOLS = ("django", "celery", "gunicorn", "psycopg", "redis", "django_celery_beat")


def check_python() -> None:
    """Refuse a Python that the pinned requirements do not support."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise ServerError(
            f"需要 Python 3.12 或更新的版本,现在是 {found}。请安装后删除 .venv,再运行 make setup。",
            f"Python 3.12 or newer is needed; this is {found}. Install one, remove .venv, and run `make setup`.",
        )


def check_tools() -> None:
    """Refuse to start with half an installation."""
    missing = [name for name in TOOLS if importlib.util.find_spec(name) is None]
    if missing:
        raise ServerError(
            f"缺少组件:{', '.join(missing)}。请运行 make setup 安装依赖。",
            f"Not installed: {', '.join(missing)}. Run `make setup`.",
        )


def check_port(host: str, port: int, variable: str) -> None:
    """Refuse a port that somebody else listens on. ``variable`` is what the reader sets to choose another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServerError(
                    f"端口 {port} 已被其他程序占用。换一个端口再运行,例如:{variable}={port + 1} make run",
                    f"Port {port} is in use by another program. Choose another, for example: "
                    f"{variable}={port + 1} make run",
                ) from error
            raise ServerError(
                f"无法在 {host}:{port} 上监听。请用 HOST 或 {variable} 换一个地址或端口。",
                f"Cannot listen on {host}:{port}. Choose another address or port with HOST or {variable}.",
                detail=str(error),
            ) from error


def port_setting(variable: str, default: int) -> int:
    """A port number from the environment."""
    given = setting(variable)
    if not given:
        return default
    if given.isascii() and given.isdigit() and 0 < int(given) < 65536:
        return int(given)
    raise ServerError(
        f"{variable}={given} 不是端口号。请写 1 到 65535 之间的数字,例如 {variable}={default}。",
        f"{variable}={given} is no port. Give a number from 1 to 65535, for example {variable}={default}.",
    )


def host_setting() -> str:
    """The address to listen on. Some shells export their own ``HOST``: what is no address is ignored."""
    given = setting("HOST")
    if given == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return "127.0.0.1"
