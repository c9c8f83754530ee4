from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.invoicing.services import verification


class Command(BaseCommand):
    help = (
        "Re-check numbers, hash chain, totals and stored PDFs of our own documents, and that no"
        " payment or refund lacks its document; exit 1 where one is wrong or missing."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        checked, faults = verification.verify()
        missing = verification.missing()
        for fault in (*faults, *missing):
            self.stderr.write(fault)
        if faults or missing:
            raise CommandError(
                f"{len(faults)} faults in {checked} invoices, {len(missing)} documents missing"
            )
        self.stdout.write(f"{checked} invoices: numbers, hash chain, totals and files are right")
        if others := verification.left_out():
            self.stdout.write(f"{others} documents of a third party were left out: it numbers them")
