from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.invoicing.services import exports
from clinic.core.errors import DomainError


class Command(BaseCommand):
    help = "Write the SAF-T (PT) 1.04_01 file of a year, or of one month of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--month", type=int, choices=range(1, 13))
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            totals = exports.saft_file(
                options["output"], year=options["year"], month=options["month"]
            )
        except (DomainError, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['output']}: {totals.documents} documents, net {totals.credit:.2f} invoiced,"
            f" {totals.debit:.2f} credited"
        )
        if totals.left_out:
            self.stdout.write(f"{totals.left_out} documents of a third party are in its own file")
