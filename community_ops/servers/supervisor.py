"""``make run``: everything up on one machine, watched, and down again on Ctrl-C."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from . import checks, embedded, folders, paths
from .children import MARK, Child, end_leftovers
from .environment import is_production, setting
from .errors import ServerError
from .locks import LockFile

READY_SECONDS = 90
STOP_SECONDS = 10
#: name → (Celery node, queues, processes). Sending has a worker of its own: an import may take minutes, and a
#: post is due on its minute.
WORKERS = {
    "sender": ("sender@community-ops", "delivery", "2"),
    "worker": ("worker@community-ops", "default,imports", "1"),
}
API_BASES = ("WECOM_API_BASE", "DINGTALK_API_BASE", "FEISHU_API_BASE", "TELEGRAM_API_BASE")
#: A member of the demo; any other mobile number logs in as well.
_MEMBER_PHONE = "199 0000 0001"


class Stop(Exception):
    """Ctrl-C, SIGTERM or a closed terminal."""


class Supervisor:
    """All processes of one checkout. One instance per ``var/`` folder."""

    def __init__(self) -> None:
        self.var = paths.var_dir()
        self.host = checks.host_setting()
        self.port = checks.port_setting("PORT", 8000)
        self.simulator_port = checks.port_setting("SIMULATOR_PORT", self.port + 1)
        self.has_simulator = not is_production()
        self.children: list[Child] = []
        self.lock = LockFile(self.var / "run" / "supervisor")
        self.info = self.var / "run" / "supervisor.json"
        self.servers = {
            name: server
            for name, server in embedded.servers().items()
            if not setting({"postgres": embedded.DATABASE_VARIABLE, "valkey": embedded.REDIS_VARIABLE}[name])
        }

    def run(self) -> int:
        """Exit status: 0 after a wanted stop, 1 when something could not be helped."""
        for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wanted, _raise_stop)
        status = 0
        try:
            self._claim()
            self._start_servers()
            self._prepare()
            self._start_children()
            self._wait_ready()
            self._show_box()
            while True:
                self._watch(is_up=True)
                time.sleep(0.3)
        except Stop:
            say("正在停止… Stopping…")
        except ServerError as error:
            say(str(error))
            status = 1
        finally:
            self._stop_all()
        return status

    def _claim(self) -> None:
        checks.check_python()
        checks.check_tools()
        if is_production() and self.servers:
            raise ServerError(
                "生产环境(PRODUCTION=1)不使用内置数据库。请设置 DATABASE_URL 和 REDIS_URL,见 docs/deployment.md。",
                "The embedded servers are not for production (PRODUCTION=1). "
                "Set DATABASE_URL and REDIS_URL; see docs/deployment.md.",
            )
        for place in (server.place for server in embedded.servers().values()):
            folders.make_locks(place)
        if not self.lock.take():
            address = self._running_address()
            raise ServerError(
                f"这个目录里的群策已经在运行{address}。要重新启动,请先在原来的终端按 Ctrl-C。",
                f"It is running already in this checkout{address}. To restart, press Ctrl-C in its terminal first.",
            )
        left = end_leftovers(str(self.var))
        if left:
            say(f"清理了上次异常退出留下的 {left} 个进程。 Ended {left} processes left by a killed run.")
        checks.check_port(self.host, self.port, "PORT")
        if self.has_simulator:
            checks.check_port("127.0.0.1", self.simulator_port, "SIMULATOR_PORT")
        facts = {"pid": os.getpid(), "address": self._address()}
        self.info.write_text(json.dumps(facts), encoding="utf-8")

    def _running_address(self) -> str:
        try:
            facts = json.loads(self.info.read_text(encoding="utf-8"))
            return f" ({facts['address']}, PID {facts['pid']})"
        except (OSError, ValueError, KeyError):
            return ""

    def _start_servers(self) -> None:
        for name, server in self.servers.items():
            before = time.monotonic()
            started = server.ensure()
            what = "已启动 started" if started else "已在运行 was up"
            say(f"  · {name}: {what}, {time.monotonic() - before:.1f} s")
            if started and server.place.is_elsewhere:
                say(
                    f"    以 root 运行时 PostgreSQL 用户 {_account(server)} 进不了 {self.var},数据放在 {server.place.folder}。"
                    f" As root, the data is in {server.place.folder}: its user cannot enter {self.var}."
                )

    def _environment(self) -> dict[str, str]:
        """What the children see: real addresses given by the operator stay, the rest is filled in."""
        wanted = {"SITE_URL": self._address()}
        if self.has_simulator:
            simulator = f"http://127.0.0.1:{self.simulator_port}"
            wanted |= dict.fromkeys(API_BASES, simulator)
            wanted |= {
                "SIMULATOR_URL": simulator,
                "SIMULATOR_PORT": str(self.simulator_port),
                "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{self.simulator_port},localhost:{self.simulator_port}",
            }
        filled = {name: value for name, value in wanted.items() if not setting(name)}
        return {
            **os.environ,
            **filled,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "community_ops.settings"),
            "PYTHONUNBUFFERED": "1",
            MARK: str(self.var),
        }

    def _prepare(self) -> None:
        report = self.var / "run" / "prepared.json"
        report.unlink(missing_ok=True)
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "community_ops.servers.prepare", str(report)],
            cwd=paths.ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            raise ServerError(
                "准备数据库时出错,原因见上。修正后再运行 make run;数据没有丢失。",
                "Preparing the database failed; the reason stands above. Mend it and run `make run` again: "
                "no data is lost.",
            )
        self.logins = str(json.loads(report.read_text(encoding="utf-8"))["logins"]).strip()

    def _start_children(self) -> None:
        logs = self.var / "log"
        logs.mkdir(exist_ok=True)
        environment = self._environment()
        for name, command in self._commands().items():
            # Celery has no port to ask; what it logs when it listens to the broker is the sign.
            words = f"{WORKERS[name][0]} ready." if name in WORKERS else ""
            log = logs / f"{name}.log"
            child = Child(name, command, environment=environment, log=log, say=say, ready_words=words)
            self.children.append(child)
            child.start()

    def _commands(self) -> dict[str, list[str]]:
        python = sys.executable
        bind = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        gunicorn = [python, "-m", "gunicorn", "community_ops.wsgi:application", "--bind", bind]
        gunicorn += [
            "--workers",
            "2",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
            "--graceful-timeout",
            "5",
        ]
        gunicorn += ["--no-control-socket"]
        celery = [python, "-m", "celery", "-A", "community_ops"]
        beat = [*celery, "beat", "--loglevel", "INFO", "--pidfile="]
        beat += ["--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"]
        quiet = ["--without-mingle", "--without-gossip", "--loglevel", "INFO"]
        workers = {
            name: [*celery, "worker", "-n", node, "-Q", queues, "-c", processes, *quiet]
            for name, (node, queues, processes) in WORKERS.items()
        }
        commands = {"web": gunicorn, **workers, "beat": beat}
        if self.has_simulator:
            journal = str(self.var / "simulator" / "journal.jsonl")
            simulator = [python, "-m", "chat_simulator", "--auto-register", "--journal", journal]
            if _has_command("chat_simulator"):  # knows the names of our robots
                simulator = [python, str(paths.ROOT / "manage.py"), "chat_simulator"]
            commands["simulator"] = [*simulator, "--port", str(self.simulator_port)]
        return commands

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        status, answer, late = 0, "", None
        while time.monotonic() < deadline:
            self._watch()
            status, answer = self._ask_ready()
            late = next((child for child in self.children if not child.is_ready), None)
            if status == 200 and late is None:
                return
            time.sleep(0.1)
        slow = self.children[0] if status != 200 else late or self.children[0]
        raise ServerError(
            f"{slow.name} 在 {READY_SECONDS} 秒内没有就绪。日志:{slow.log}",
            f"{slow.name} was not ready within {READY_SECONDS} s. Log: {slow.log}",
            detail=f"/readyz: {status} {answer[:500]}\n{slow.last_lines()}",
        )

    def _ask_ready(self) -> tuple[int, str]:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            # In production settings plain HTTP is sent to HTTPS; the proxy's header says it has been.
            connection.request("GET", "/readyz", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def _watch(self, *, is_up: bool = False) -> None:
        for name, server in self.servers.items():
            if not server.is_running():
                say(f"{name} 停了,正在重启。 {name} is down; restarting.")
                server.ensure()
        for child in self.children:
            if not child.watch(gives_up=not is_up):
                raise ServerError(
                    f"{child.name} 连续三次启动后很快退出,已停止全部服务。请看日志:{child.log}",
                    f"{child.name} ended three times soon after its start; everything is stopped. Log: {child.log}",
                    detail=child.last_lines(),
                )

    def _stop_all(self) -> None:
        for wanted in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wanted, self._kill_all)
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.wait_stopped(deadline)
        for server in reversed(self.servers.values()):
            server.release()
        if self.lock.is_held:
            self.info.unlink(missing_ok=True)
            self.lock.drop()
            if self.children:
                say("已停止。 Stopped.")

    def _kill_all(self, _number: int, _frame: FrameType | None) -> None:
        """A second Ctrl-C: no more patience."""
        for child in self.children:
            child.kill()

    def _address(self) -> str:
        host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def _show_box(self) -> None:
        logs = self.var / "log"
        lines = ["群策 Community Ops", "", f"后台 Admin      {self._address()}/admin/"]
        lines.append(f"手机页面 Phones  {self._address()}/m/")
        if self.has_simulator:
            lines.append(f"模拟群聊 Chats   http://localhost:{self.simulator_port}/")
        if self.logins:
            lines += ["", "登录 Log-ins", *(f"  {line}" for line in self.logins.splitlines())]
            if not setting("SMS_PROVIDER"):
                lines += [
                    "",
                    "手机登录 Member  " + _MEMBER_PHONE,
                    f"  验证码 Code    grep 'login code' {logs}/web.log",
                ]
        lines += ["", f"日志 Logs       {logs}", "停止 Stop       Ctrl-C"]
        bar = "─" * 64
        say("\n".join([bar, *(f"  {line}".rstrip() for line in lines), bar]))
        if self.host not in {"127.0.0.1", "::1"} and not setting("ALLOWED_HOSTS"):
            say(
                "要让别的电脑访问,还需设置 ALLOWED_HOSTS,例如 ALLOWED_HOSTS=192.0.2.10,localhost。"
                " For other machines to get in, set ALLOWED_HOSTS too."
            )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _account(server: embedded.Embedded) -> str:
    return server.place.account.name if server.place.account else ""


def _has_command(name: str) -> bool:
    places = ("apps/*/management/commands", "community_ops/management/commands")
    return any(found for place in places for found in Path(paths.ROOT).glob(f"{place}/{name}.py"))


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop
