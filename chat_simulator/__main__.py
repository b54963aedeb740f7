"""``python -m chat_simulator --port 9000``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chat_simulator.server import PortInUseError, serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chat_simulator", description="本地聊天平台：演示与测试用")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（控制接口没有登录，请勿暴露到公网）")
    parser.add_argument("--port", type=int, default=9000, help="端口，0 表示任选空闲端口")
    parser.add_argument("--auto-register", action="store_true", help="未登记但格式正确的 key 自动成为机器人")
    parser.add_argument("--no-limits", action="store_true", help="关闭所有频率限制（压测用）")
    parser.add_argument("--journal", type=Path, help="消息存到这个文件，重启后仍在")
    parser.add_argument("--quit-with-stdin", action="store_true", help="标准输入关闭时退出")
    options = parser.parse_args(arguments)
    try:
        serve(
            options.host,
            options.port,
            auto_register=options.auto_register,
            limited=not options.no_limits,
            journal=options.journal,
            quit_with_stdin=options.quit_with_stdin,
        )
    except PortInUseError as error:
        print(error.strerror, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
