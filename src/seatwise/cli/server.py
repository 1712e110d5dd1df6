"""gunicorn inside `serve`: one process of threads (WSGI), and its arbiter also tends our worker."""

import socket
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from .logs import keep_log
from .processes import Child

THREADS = 8
GRACE = 10
"""Seconds open requests get when the server ends."""


def run(listener: socket.socket, worker: Child) -> None:
    """Serves on the socket until SIGTERM or SIGINT, and tends the worker. Ends the process."""
    from django.db import connections

    connections.close_all()  # no open database is carried over the fork
    try:
        Supervisor(Server(listener), worker).run()
    finally:
        worker.end()


class Server(BaseApplication):
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"fd://{self.listener.fileno()}",
            "workers": 1,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "proc_name": "seatwise",
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """In the process that serves, not in its arbiter."""
        from seatwise.wsgi import application

        keep_log("web", "gunicorn.error")
        return application


class Supervisor(Arbiter):
    """The arbiter looks after the web server's process about once a second, and after the worker in the same round."""

    def __init__(self, server: Server, worker: Child) -> None:
        super().__init__(server)
        self.worker = worker

    def manage_workers(self) -> None:
        super().manage_workers()
        self.worker.tend()

    def stop(self, graceful: bool = True) -> None:
        self.worker.ask_to_end()  # it ends its syncs while open requests are answered
        super().stop(graceful)
