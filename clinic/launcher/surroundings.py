"""Our programs set for themselves what they need from their surroundings.

Whoever starts us (make, a shell's background job, nohup, cron, a CI runner) passes on signals, a
mask for new files, limits and variables. Those that would change how our programs work are put
right here, once, in the process that starts the others; the others inherit the result.
"""

import contextlib
import os
import re
import resource
import signal
from pathlib import Path

SETTINGS = Path(__file__).resolve().parent.parent / "config" / "settings"
OPEN_FILES = 10_000
# Variables that libpq, the command lines of Celery, uvicorn and gunicorn, and Python itself would
# read. Our programs are controlled by their arguments and by the documented settings alone.
FOREIGN = re.compile(
    r"PG[A-Z]+|UVICORN_\w+|GUNICORN_CMD_ARGS|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS"
    r"|CELERY_(?!BROKER_URL$)\w+|APP|BROKER_URL|RESULT_BACKEND|LOADER|CONFIG_MODULE|WORKDIR"
    r"|DJANGO_SETTINGS_MODULE|PYTHON(HOME|OPTIMIZE|SAFEPATH|WARNINGS|IOENCODING|STARTUP|INSPECT)"
)
OURSELVES = ("localhost", "127.0.0.1", "::1")
_SERVERS = {"DATABASE_URL", "REDIS_URL"}
_NO_FILE = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def settle() -> None:
    """Make this process, and all that it starts, independent of who started it."""
    for name in [name for name in os.environ if FOREIGN.fullmatch(name)]:
        del os.environ[name]
    os.environ["PYTHONUTF8"] = "1"
    for name in ("NO_PROXY", "no_proxy"):
        known = filter(None, os.environ.get(name, "").split(","))
        os.environ[name] = ",".join(dict.fromkeys([*known, *OURSELVES]))
    # Nobody else may write our files; a stricter mask stays.
    os.umask(os.umask(0o022) | 0o022)
    # If it is ignored, the exit codes of children are lost.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _raise_open_files()


def settle_tests() -> None:
    """The same for tests and measurements, which know no settings but their own."""
    settle()
    if signal.getsignal(signal.SIGINT) in {signal.SIG_IGN, None}:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.umask(0o022)
    real_amazon = "AWS_CONTRACT_REGION" in os.environ
    for name in [name for name in os.environ if _is_a_setting(name)]:
        if not (real_amazon and name.startswith("AWS_")):
            del os.environ[name]
    if not real_amazon:
        os.environ.update(_NO_FILE)
    os.environ.update(
        CLINIC_ENV="test",
        DJANGO_SETTINGS_MODULE="clinic.config.settings",
        LC_ALL="C.UTF-8",
        TZ="UTC",
    )
    os.environ.setdefault("PATH", os.defpath)


def _is_a_setting(name: str) -> bool:
    return name not in _SERVERS and (name in _settings() or name.startswith(("AWS_", "CELERY_")))


def _settings() -> set[str]:
    """The variables that the settings read."""
    text = "".join(module.read_text(encoding="utf-8") for module in SETTINGS.glob("*.py"))
    return set(re.findall(r'(?:\benv\.\w+|\bsecret)\(\s*"([A-Z0-9_]+)"', text))


def _raise_open_files() -> None:
    """Allow as many open files as this machine lets a process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= OPEN_FILES:
        return
    with contextlib.suppress(ValueError, OSError):  # only root may pass the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, max(hard, OPEN_FILES)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, OPEN_FILES), hard))
