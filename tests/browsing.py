"""A headless browser that tells what a page draws and what it asks for.

References:
    Chrome DevTools Protocol, over a pipe: https://chromedevtools.github.io/devtools-protocol/
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
OPTIONS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """Chromium in a process of its own; one page at a time."""

    def __init__(self, profile: Path) -> None:
        """Start it with a new profile in the folder `profile`."""
        browser = next(filter(None, map(shutil.which, NAMES)))
        child_reads, self._to = map(_high, os.pipe())
        reads, child_writes = map(_high, os.pipe())
        command = [browser, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        # The protocol speaks through the descriptors 3 and 4.
        shell = ["bash", "-c", f'exec "$0" "$@" 3<&{child_reads} 4>&{child_writes}']
        self._process = subprocess.Popen(
            [*shell, *command],
            pass_fds=(child_reads, child_writes),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(child_reads)
        os.close(child_writes)
        self._read = os.fdopen(reads, "rb", buffering=0)
        self._rest = b""
        self._sent = 0
        self.events: list[Mapping[str, Any]] = []

    def __enter__(self) -> Self:
        """Open an empty page."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        with suppress(OSError):
            self._call("Browser.close")
        self._read.close()
        os.close(self._to)
        self._process.wait(timeout=30)

    def call(self, method: str, **parameters: Any) -> Any:
        """Run a command of the page."""
        return self._call(method, session=self._session, **parameters)

    def open(self, url: str, *, dark: bool = False, wide: int = 1280) -> None:
        """Show a page in a window `wide` pixels wide, and forget what earlier ones asked for."""
        look = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=look)
        self.call("Emulation.setDeviceMetricsOverride", width=wide, height=900, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self._receive()

    @property
    def requested(self) -> list[str]:
        """The addresses that the page asked for, its own among them; what was blocked counts too."""
        asked = [
            each["params"]["request"]["url"] for each in self.events if each["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """What the browser logged as an error or a breach of the page's own policy."""
        entries = [each["params"]["entry"] for each in self.events if each["method"] == "Log.entryAdded"]
        return [entry["text"] for entry in entries if entry["level"] in {"error", "warning"}]

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression comes to, as JSON values."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def _call(self, method: str, *, session: str | None = None, **parameters: Any) -> Any:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _receive(self) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            part = self._read.read(1 << 16)
            if not part:
                raise ConnectionError("the browser ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message: Mapping[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message


def _high(descriptor: int) -> int:
    """Move a descriptor out of the way of those with a meaning."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved
