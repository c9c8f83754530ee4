"""Errors of the ground we stand on: files, network, services outside. None is our own fault."""

import errno
import socket
import ssl

from clinic.core.errors import UnansweredError

NO_SPACE = "no_space"
NO_FILES = "no_files"
NO_ANSWER = "no_answer"

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_WAY_THERE = {errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN}


def cause(error: BaseException | None) -> str | None:
    """What failed: no space, no access to the files, or no answer. None if the fault is our own."""
    if isinstance(
        error, UnansweredError | ConnectionError | TimeoutError | socket.gaierror | ssl.SSLError
    ):
        return NO_ANSWER
    if not isinstance(error, OSError):
        return None
    if error.errno in _FULL:
        return NO_SPACE
    return NO_ANSWER if error.errno in _NO_WAY_THERE else NO_FILES
