"""Starts what the tests talk to: the gateway under test and the scripted provider behind it.

Both are real processes on ports of their own. `cargo xtask test` builds them and says where they are.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from twins import Twin

if TYPE_CHECKING:
    from typing import Self

START_SECONDS = 20
STOP_SECONDS = 10


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gateway]]:
    """Starts gateways: `gateway()`, `gateway(config="model_list: …", env={"OPENAI_API_KEY": "sk-…"})`."""
    with ExitStack() as running:

        def start(config: str | None = None, env: dict[str, str] | None = None) -> Gateway:
            home = tmp_path_factory.mktemp("gateway")
            return running.enter_context(Gateway(home, config, env or {}))

        yield start


@pytest.fixture
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider that only this test talks to."""
    with Provider(tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture(scope="session")
def twin() -> Iterator[Twin]:
    """Providers that read requests as strictly as the vendors do; they keep no state, so all tests share them."""
    with Twin() as twin:
        yield twin


class Server:
    """A program that serves HTTP, in a folder of its own, for as long as the `with` block lasts."""

    ready: str
    """The path that answers 200 once the program serves."""

    def __init__(self, program: str, *args: str, home: Path, env: dict[str, str]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._output = home / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [program, "--port", str(port), *args],
                cwd=home,
                env=surroundings(home) | env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._stopped = False

    def __enter__(self) -> Self:
        try:
            self._wait_until_ready()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            print(self.output())  # pytest shows it beside a test that failed

    def stop(self) -> None:
        """Asks the program to end; one that ended before, or does not end now, fails the test."""
        if self._stopped:
            return
        self._stopped = True
        if self._process.poll() is not None:
            pytest.fail(f"exited with {self._process.returncode} during the test")
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            pytest.fail(f"still running {STOP_SECONDS} s after SIGTERM")

    def output(self) -> str:
        """Everything the program printed so far."""
        return self._output.read_text(errors="replace")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                pytest.fail(f"exited with {self._process.returncode} before it served\n{self.output()}")
            if time.monotonic() > deadline:
                pytest.fail(f"not ready after {START_SECONDS} s\n{self.output()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url + self.ready, timeout=1, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


class Gateway(Server):
    """A gateway with its state in its own folder; `key` is its master key."""

    ready = "/health/liveliness"

    def __init__(self, home: Path, config: str | None, env: dict[str, str]) -> None:
        self.key = env.get("LITELLM_MASTER_KEY", f"sk-test-{secrets.token_hex(8)}")
        own = {"FERROLITE_HOME": str(home), "LITELLM_MASTER_KEY": self.key}
        args = ["--host", "127.0.0.1", *config_file(home, config)]
        super().__init__(program("FERROLITE_BIN"), *args, home=home, env=own | env)

    def log(self) -> str:
        """What the gateway logged so far."""
        return self.output()


class Provider(Server):
    """A provider that answers as OpenAI would, or as it was told to, and remembers what it was asked."""

    ready = "/__log"

    def __init__(self, home: Path) -> None:
        super().__init__(program("FAKE_PROVIDER_BIN"), home=home, env={})

    def log(self) -> dict[str, Any]:
        """What happened so far: `requests`, `in_flight`, `disconnects`, `billed`."""
        return self._control("GET", "/__log").json()

    def requests(self) -> list[dict[str, Any]]:
        """The requests received, oldest first."""
        return self.log()["requests"]

    def enqueue(self, reply: dict[str, Any]) -> None:
        """Answers one request with this: `{"status": 429, "body": {"json": {…}}}`. First in, first out."""
        self._control("POST", "/__enqueue", json=reply)

    def reset(self) -> None:
        """Forgets the requests received and the replies still queued."""
        self._control("POST", "/__reset")

    def _control(self, method: str, path: str, **more: Any) -> httpx.Response:
        # Certificates take longer to load than all the rest, and plain HTTP asks for none.
        response = httpx.request(method, self.url + path, timeout=5, trust_env=False, verify=False, **more)
        if response.is_error:
            pytest.fail(f"{method} {path}: {response.status_code} {response.text}")
        return response


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A filter that matches no test here may be meant for the Rust tests."""
    if session.config.option.keyword and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def surroundings(home: Path) -> dict[str, str]:
    """A bare environment: a key exported in someone's shell must not add a provider to the test."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "RUST_BACKTRACE": "1"}


def config_file(home: Path, config: str | None) -> list[str]:
    if config is None:
        return []
    path = home / "config.yaml"
    path.write_text(config)
    return ["--config", str(path)]


def program(variable: str) -> str:
    if variable not in os.environ:
        pytest.fail(f"{variable} is not set: run these tests with `cargo xtask test`")
    return os.environ[variable]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
