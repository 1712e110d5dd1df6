"""Two ways to run an application: in a thread beside its user, or alone until it is told to stop."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import web

HOST = "127.0.0.1"
Result = TypeVar("Result")


@contextmanager
def running(application: web.Application, port: int = 0, host: str = HOST) -> Iterator[str]:
    """Serve from a daemon thread with a loop of its own; yields its origin. Port 0 is any free one.

    Raises OSError where the port is taken. On leaving, open requests are dropped and the port is free again.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="openai-sandbox", daemon=True)
    thread.start()

    def there(work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        runner = there(_start(application, host, port))
        try:
            yield _origin(runner)
        finally:
            there(runner.cleanup())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def serve(application: web.Application, port: int, host: str, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the origin. Only in a main thread. Raises OSError as `running`."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = await _start(application, host, port)
    try:
        ready(_origin(runner))
        await stop.wait()
    finally:
        await runner.cleanup()


async def _start(application: web.Application, host: str, port: int) -> web.AppRunner:
    """Requests whose client has gone are given up, and none delays the end by more than a moment."""
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def _origin(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
