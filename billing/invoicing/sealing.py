"""Who seals the PDFs: the setting PDF_SEALER names it; empty means nobody.

With a qualified seal, a mailed PDF is an electronic invoice where the law asks for one (DL 28/2019,
article 12).
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from clinic.core.errors import UnansweredError

PDF_BEGINS = b"%PDF-"


class SealError(UnansweredError):
    """There is no sealed file yet; another try may help."""


class PdfSealer(Protocol):
    @property
    def name(self) -> str:
        """Whose seal it is, at most 100 characters; kept with the file."""
        ...

    def seal(self, pdf: bytes) -> bytes:
        """The same document with a seal.

        It needs its own time-out, of a few seconds. It may be called again for a document that it
        has already sealed. Raises SealError.
        """
        ...


def current() -> PdfSealer | None:
    """The sealer that the settings name, or None."""
    if not settings.PDF_SEALER:
        return None
    sealer: PdfSealer = import_string(settings.PDF_SEALER)()
    return sealer


def sealed(pdf: bytes, sealer: PdfSealer) -> bytes:
    """The sealed file. Raises SealError if the sealer returns anything but a different PDF."""
    made = sealer.seal(pdf)
    if not made.startswith(PDF_BEGINS) or made == pdf:
        raise SealError(f"{sealer.name} gave back no sealed PDF")
    return made
