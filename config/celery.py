"""The Celery application and the only beat table.

PostgreSQL holds the truth about what is to be done; a message only wakes a task, which looks into
the database. A message may therefore be delivered twice (acknowledged late, redelivered after a
crash) or get lost (the next beat sweep finds what it left behind).
"""

import os
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init
from django.conf import settings

from config.embedded.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

# A message not acknowledged for this long goes to another worker; no task may run longer.
VISIBILITY_TIMEOUT = int(os.environ.get("BROKER_VISIBILITY_TIMEOUT") or 600)
SWEEP = timedelta(minutes=2)


def broker_url(url: str) -> str:
    """Return a Redis URL as Celery writes it: a unix socket is redis+socket:// there."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


app = Celery("shouze")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    enable_utc=True,
    timezone=settings.TIME_ZONE,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=VISIBILITY_TIMEOUT * 0.9,
    task_time_limit=VISIBILITY_TIMEOUT * 0.95,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    beat_schedule={
        "wake-generation": {
            "task": "duties.tasks.wake_generation",
            "schedule": crontab(hour=0, minute=5),
        },
        # Finds a day whose message was lost or whose worker died; a finished day costs one query.
        "wake-generation-again": {
            "task": "duties.tasks.wake_generation",
            "schedule": crontab(minute=35),
            "options": {"expires": 3600},
        },
        # Three in the morning: what is there against what the rule says.
        "check-to-dos": {
            "task": "duties.tasks.check_todos",
            "schedule": crontab(hour=3, minute=10),
            "options": {"expires": 20 * 3600},
        },
        # What is due today and not done is told from 16:00 on, what was missed from 08:00 on (a region
        # may set other hours); every hour after that finds what a lost message left untold.
        "remind-officers": {
            "task": "duties.tasks.remind_officers",
            "schedule": crontab(minute=0),
            "options": {"expires": 3600},
        },
        "escalate-missed": {
            "task": "duties.tasks.escalate_missed",
            "schedule": crontab(minute=2),
            "options": {"expires": 3600},
        },
        "drain-outbox": {
            "task": "units.tasks.drain_outbox",
            "schedule": SWEEP,
            "options": {"expires": SWEEP.total_seconds()},
        },
        # Finds imports whose message was lost or whose worker died.
        "resume-imports": {
            "task": "units.tasks.resume_imports",
            "schedule": SWEEP,
            "options": {"expires": SWEEP.total_seconds()},
        },
        # Finds ZIPs of photographs of cylinders that nobody unpacks any more.
        "resume-photos": {
            "task": "cylinders.tasks.resume_photos",
            "schedule": SWEEP,
            "options": {"expires": SWEEP.total_seconds()},
        },
        "lapse-leaves": {
            "task": "units.tasks.lapse_leaves",
            "schedule": crontab(minute="*/10"),
            "options": {"expires": 600},
        },
        # Files of refused forms that nobody sent again within a day.
        "sweep-files": {
            "task": "units.tasks.sweep_files",
            "schedule": crontab(hour=3, minute=40),
            "options": {"expires": 20 * 3600},
        },
        # What is due is read from the calendar; a second wake tells nobody twice.
        "remind-units": {
            "task": "units.tasks.remind",
            "schedule": crontab(hour="8,14", minute=15),
            "options": {"expires": 3600},
        },
        "remind-licences": {
            "task": "equipment.tasks.remind_licences",
            "schedule": crontab(hour="8,14", minute=20),
            "options": {"expires": 3600},
        },
        "remind-cylinders": {
            "task": "cylinders.tasks.remind_cylinders",
            "schedule": crontab(hour="0,8,14", minute=25),
            "options": {"expires": 3600},
        },
        "mark-overdue-hazards": {
            "task": "hazards.tasks.mark_overdue",
            "schedule": crontab(minute=3),
            "options": {"expires": 3600},
        },
    },
)
app.autodiscover_tasks()
# Threads too must find this app, not Celery's own default one.
app.set_default()


@worker_process_init.connect
def _end_with_the_worker(**kwargs: object) -> None:
    """A pool process that outlives its worker would run a task that is delivered again."""
    die_with_parent()
