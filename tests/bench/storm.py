"""Ten thousand events of a provider in a storm: each told never or up to five times, in any order.

What came in and what went back is compared with the provider's books after one reconciliation, to
the cent. `make storm` runs it; EVENTS sets another number.
"""

import os
import time

from clinic.accounts.choices import Role
from clinic.directory.models import Patient
from tests.bench import servers
from tests.billing import factories, storm

EVENTS = int(os.environ.get("EVENTS", "10000"))
SEED = 2026


def main() -> None:
    owner = Patient.objects.get(
        pk=factories.user("payer", Role.PATIENT, full_name="Paula Pagadora").pk
    )
    began = time.monotonic()
    with storm.provider() as books:
        result = storm.rage(books, owner, events=EVENTS, seed=SEED)
    result["seconds"] = time.monotonic() - began
    result["load"] = os.getloadavg()
    path = servers.write_raw("storm", result)
    run = result["reconciled"]
    print(
        f"\n{result['events']} events told by {result['deliveries']} notices,"
        f" {result['never_told']} of them by none; one reconciliation of {run['seconds']:.0f} s"
        f" went through {run['listed']} movements, asked about {run['asked']} payments"
        f" ({run['unanswered']} unanswered) and found {run['found']}"
    )
    print(
        f"{result['money_in']} EUR came in, {result['money_back']} EUR went back;"
        f" {result['documents']} documents; {len(result['faults'])} differences between the ledger"
        f" and the provider's books; {result['seconds']:.0f} s, load {result['load'][0]:.1f}"
    )
    print(f"everything it came to: {path.relative_to(servers.REPOSITORY)}")
    if result["faults"]:
        raise SystemExit("\n".join(result["faults"][:20]))
