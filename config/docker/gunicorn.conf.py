"""gunicorn in production: sync workers behind nginx, which does the slow talking."""

import os

bind = "0.0.0.0:8000"  # inside the container; only nginx is published
workers = int(os.environ.get("WEB_WORKERS") or os.cpu_count() or 1)
worker_class = "sync"
worker_tmp_dir = "/dev/shm"  # noqa: S108  memory: the heartbeat must not wait for a disk
preload_app = True
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
