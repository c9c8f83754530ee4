"""Who seals the PDFs: named by the setting PDF_SEALER, empty for none.

A seal is what makes a mailed PDF an electronic invoice where the law asks for a qualified one
(DL 28/2019, article 12).
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from clinic.core.errors import UnansweredError

PDF_BEGINS = b"%PDF-"


class SealError(UnansweredError):
    """No sealed file now; another try may help."""


class PdfSealer(Protocol):
    @property
    def name(self) -> str:
        """Whose seal it is, at most 100 characters; kept beside the file."""
        ...

    def seal(self, pdf: bytes) -> bytes:
        """The same document with a seal on it.

        It is called while a transaction waits, so it needs a time-out of its own, of seconds. It
        may be asked again about a document that it has sealed. Raises SealError.
        """
        ...


def current() -> PdfSealer | None:
    """The sealer that the settings name, if they name one."""
    if not settings.PDF_SEALER:
        return None
    sealer: PdfSealer = import_string(settings.PDF_SEALER)()
    return sealer


def sealed(pdf: bytes, sealer: PdfSealer) -> bytes:
    """What the sealer made of a file. Raises SealError for anything but another PDF."""
    made = sealer.seal(pdf)
    if not made.startswith(PDF_BEGINS) or made == pdf:
        raise SealError(f"{sealer.name} gave back no sealed PDF")
    return made
