"""Files for the accountant and the tax authority."""

from calendar import monthrange
from datetime import date
from pathlib import Path

from billing.invoicing import saft, selectors
from clinic.directory import selectors as directory
from clinic.storage import whole


def saft_file(target: Path, *, year: int, month: int | None = None) -> saft.Totals:
    """Write the SAF-T of a year, or of one of its months, and put it in place once it is complete
    and has been read back.

    Raises DomainError `not_set_up`, OSError if the file can't be written, UnreadableFileError if it
    can't be read back, ValueError for an impossible year or month.
    """
    first = date(year, month or 1, 1)
    last = date(year, month or 12, monthrange(year, month or 12)[1])
    with whole.written(target) as file:
        totals = saft.write(
            file,
            saft.Period(year, first, last),
            seller=directory.organization(),
            rules=selectors.rules(),
        )
        file.seek(0)
        saft.check(file, totals)
    return totals
