#!/usr/bin/env python3
"""Runs the example clients, this one and the Rust one, against a service that is killed under them. Needs the programs
that `cargo test` builds."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
SERVICE = str(BUILT / "xunzhang")
# Seconds that anything may take on a busy machine.
PATIENCE = 60


class Process:
    """A program whose lines are read, with an end in bounded time."""

    def __init__(self, *command):
        quiet = {**os.environ, "RUST_BACKTRACE": "0"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet)
        self.guard = threading.Timer(PATIENCE, self.process.kill)
        self.guard.start()

    def expect(self, *lines):
        """Reads lines, which have to be these."""
        for line in lines:
            read = self.process.stdout.readline().rstrip("\n")
            assert read.startswith(line), f"expected `{line}`, read `{read}`"

    def end(self, sent=None):
        """Sends a signal and waits for the end."""
        if sent is not None:
            self.process.send_signal(sent)
        code = self.process.wait()
        self.guard.cancel()
        self.process.stdout.close()
        return code


def serve(directory, port):
    """Starts a service and says where it listens."""
    address = f"127.0.0.1:{port}"
    service = Process(
        SERVICE, "serve", "--data-dir", f"{directory}/data", "--listen", address,
        "--admin-listen", "off", "--http-listen", "off", "--log-format", "json",
    )  # fmt: skip
    announced = service.process.stdout.readline().strip()
    assert announced.startswith("listening on "), announced
    return service, announced.removeprefix("listening on ")


def ask(address, *arguments):
    """Runs a command of the command line."""
    subprocess.run([SERVICE, *arguments, "--endpoint", f"http://{address}"], check=True, stdout=subprocess.DEVNULL)


def put(directory, address, name, text):
    """Puts a document."""
    file = pathlib.Path(directory, name)
    file.write_text(text, encoding="utf-8")
    ask(address, "import", str(file))


def check(*client):
    """Lets a client search, export and follow."""
    with tempfile.TemporaryDirectory() as directory:
        service, address = serve(directory, 0)
        command = (*client, address if "python" in client[0] else f"http://{address}")
        put(directory, address, "a.txt", "部署防汛工作。")
        for what in ("search", "export"):
            asked = Process(*command, what, "防汛")
            asked.expect("+ a.txt#0 部署防汛工作。", "")
            assert asked.end() == 0, what
        follower = Process(*command, "follow", "防汛")
        follower.expect("+ a.txt#0 部署防汛工作。")
        put(directory, address, "b.txt", "防汛抗旱。")
        put(directory, address, "c.txt", "人才工作。")
        follower.expect("+ b.txt#0 防汛抗旱。")
        service.end(signal.SIGKILL)
        service, _ = serve(directory, address.rsplit(":", 1)[1])
        put(directory, address, "a.txt", "防汛责任。")
        follower.expect("- a.txt", "+ a.txt#0 防汛责任。")
        ask(address, "delete", "b.txt")
        follower.expect("- b.txt")
        follower.end(signal.SIGINT)
        asked = Process(*command, "search", "")
        assert asked.end() not in (0, None), "an empty query is refused"
        service.end(signal.SIGKILL)
    print("works:", *client)


if __name__ == "__main__":
    check(sys.executable, str(HERE / "client.py"))
    check(str(BUILT / "examples" / "resuming_client"))
