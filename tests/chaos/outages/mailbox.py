"""A mail server in a process of its own, so that it can be stopped: python -m … PORT FILE

Each mail that it has taken is one line of the file, written before the sender hears so: its
Message-ID, who gets it, and how many files it carries.
"""

import asyncio
import json
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """The mail server's handler."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        taken = {
            "id": mail["Message-ID"],
            "to": envelope.rcpt_tos,
            "files": len(list(mail.iter_attachments())),
        }
        with self._file.open("a") as file:
            file.write(json.dumps(taken) + "\n")
        return "250 OK"


async def serve(port: int, file: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keeper(file), loop=loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
