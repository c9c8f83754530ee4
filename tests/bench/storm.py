"""Ten thousand events of a provider in a storm: each told never or up to five times, in any order.

What came in and what went back is compared with the provider's books afterwards, to the cent.
"""

import time

from clinic.accounts.choices import Role
from clinic.directory.models import Patient
from tests.bench import servers
from tests.billing import factories, storm

EVENTS = 10_000
SEED = 2026


def main() -> None:
    owner = Patient.objects.get(
        pk=factories.user("payer", Role.PATIENT, full_name="Paula Pagadora").pk
    )
    began = time.monotonic()
    with storm.provider() as books:
        result = storm.rage(books, owner, events=EVENTS, seed=SEED)
    result["seconds"] = time.monotonic() - began
    path = servers.write_raw("storm", result)
    print(
        f"\n{result['events']} events, {result['deliveries']} notices, {result['never_told']}"
        f" events never told, one reconciliation: {result['money_in']} EUR came in,"
        f" {result['money_back']} EUR went back, {len(result['faults'])} differences between the"
        f" ledger and the provider's books; {result['documents']} documents;"
        f" {result['seconds']:.0f} s"
    )
    print(f"everything it came to: {path.relative_to(servers.REPOSITORY)}")
    if result["faults"]:
        raise SystemExit("\n".join(result["faults"][:20]))
