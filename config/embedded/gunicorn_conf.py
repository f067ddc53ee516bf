"""gunicorn in the demo: sync workers that die with their master."""

import os
import signal

from config.embedded.processes import die_with_parent

workers = os.cpu_count() or 1
worker_class = "sync"
preload_app = True
timeout = 120
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
loglevel = "warning"
control_socket_disable = True


def post_fork(server: object, worker: object) -> None:
    """Without this a worker outlives a killed master for a while and answers on its port."""
    die_with_parent(signal.SIGKILL)
