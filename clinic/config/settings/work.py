"""Background work: Celery, its workers and their queues."""

import sys

from clinic.config.settings import reading as env
from clinic.config.settings.database import REDIS_URL
from clinic.config.settings.installation import TIME_ZONE

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", default=REDIS_URL)
OUTBOX_RETRY_SECONDS = env.decimal("OUTBOX_RETRY_SECONDS", default=5.0)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
# The queues that each worker takes, as docker/start starts them. A task says its queue where it is
# registered: here no mail server keeps money waiting, no bank an invoice, and no money the clock.
WORKERS = {
    "worker": ["default"],
    "provider-worker": ["payments", "documents", "files"],
    "message-worker": ["sms", "email"],
    "clock-worker": ["clockwork"],
    "face-worker": ["recognition"],
}
# Nobody asks workers for anything but work, and the connection that remote control listens on hangs
# the whole worker when it alone is lost: its reading has no time limit.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CONSUMER = "clinic.config.vitals:Consumer"
CELERY_BEAT_SCHEDULER = "clinic.config.vitals:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
CELERY_TASK_PUBLISH_RETRY = False
# Celery would close the database connection around every task; clinic/config/celery.py keeps it.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# In a queue the lowest number is taken first: what the clock asks for is due now, and has 0.
OUTBOX_PRIORITY = 5
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
    "global_keyprefix": "celery:",
    "priority_steps": [0, OUTBOX_PRIORITY],
}
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
