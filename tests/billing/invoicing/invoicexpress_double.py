"""InvoiceXpress as its API v2 is documented, on a real socket, and stricter than it: a path, a
parameter, a field or a type that isn't named there is refused and remembered as a complaint."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

API_KEY = "the-key-of-the-clinic"
SERIES = "CLINICA"
VALIDATION_CODE = "ABCD1234"
TYPES = {"invoice_receipts": "InvoiceReceipt", "credit_notes": "CreditNote"}
CENT = Decimal("0.01")
CLIENT = {"name", "code", "fiscal_id", "address", "country"}
ITEM = {"name", "description", "unit_price", "quantity", "unit", "tax"}
REQUIRED = {"date", "due_date", "reference", "client", "items"}
OPTIONAL = {"tax_exemption", "sequence_id", "owner_invoice_id", "observations"}

Answer = tuple[int, Any]


@dataclass
class InvoiceXpress:
    url: str = ""
    documents: dict[int, dict[str, Any]] = field(default_factory=dict)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    taxes: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": 1, "name": "IVA18", "value": "18.0", "region": "PT-AC", "default_tax": 0},
            {"id": 2, "name": "IVA23", "value": "23.0", "region": "PT", "default_tax": 1},
            {"id": 3, "name": "Isento", "value": "0.0", "region": None, "default_tax": 0},
        ]
    )
    uids: set[str] = field(default_factory=set)
    wanted: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    rules: dict[str, list[Answer | str]] = field(default_factory=dict)
    surcharge: Decimal = Decimal(0)
    """What it adds to a document when it finalizes it, as no issuer ever should."""

    def will(self, call: str, *what: Answer | str) -> None:
        """The next calls of this kind: an answer, or `hang`, `break`, or `lose` (do the work and
        break off before the answer)."""
        self.rules[call] = list(what)

    def issued(self) -> list[dict[str, Any]]:
        return [each for each in self.documents.values() if each["status"] in ("final", "settled")]

    def answer(self, method: str, target: str, raw: bytes) -> Answer:
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        if query.pop("api_key", "") != API_KEY:
            return self._complain(401, "no key")
        body = json.loads(raw) if raw else {}
        match method, address.path.strip("/").removesuffix(".json").split("/"):
            case "GET", ["taxes"] if not query:
                return 200, {"taxes": self.taxes}
            case "GET", ["clients", "find-by-code"] if set(query) == {"client_code"}:
                found = self.clients.get(query["client_code"])
                return (200, {"client": found}) if found else (404, {"error": "not found"})
            case "POST", ["clients"]:
                return self._make_client(body)
            case "PUT", ["clients", number]:
                return self._change_client(number, body)
            case "GET", ["invoices"] if set(query) == {"reference"}:
                listed = [d for d in self.documents.values() if d["reference"] in query.values()]
                page = {"total_entries": len(listed), "current_page": 1, "total_pages": 1}
                return 200, {"invoices": listed, "pagination": {**page, "per_page": 10}}
            case "POST", [kind] if kind in TYPES:
                return self._make(kind, body)
            case "PUT", [kind, number, "change-state"] if kind in TYPES:
                return self._change_state(kind, number, body)
            case "GET", ["api", "pdf", number] if not query:
                return 200, {"output": {"pdfUrl": f"{self.url}/files/{number}.pdf"}}
            case _:
                return self._complain(404, f"no such call: {method} {target}")

    def pdf(self, number: str) -> Answer:
        return 200, f"%PDF-1.7\n{self.documents[int(number)]['atcud']}\n%%EOF\n".encode()

    def _make_client(self, body: Any) -> Answer:
        wanted = body.get("client")
        if not isinstance(wanted, dict) or set(wanted) != CLIENT:
            return self._complain(422, f"client {body}")
        names = {client["name"] for client in self.clients.values()}
        if wanted["code"] in self.clients or wanted["name"] in names:
            return 422, {"errors": [{"error": "Name is taken"}]}
        self.clients[wanted["code"]] = {"id": 700 + len(self.clients), **wanted}
        return 201, {"client": self.clients[wanted["code"]]}

    def _change_client(self, number: str, body: Any) -> Answer:
        wanted = body.get("client")
        if not isinstance(wanted, dict) or set(wanted) != CLIENT:
            return self._complain(422, f"client {body}")
        for client in self.clients.values():
            if str(client["id"]) == number:
                client.update(wanted)
                return 200, None
        return 404, {"error": "not found"}

    def _make(self, kind: str, body: Any) -> Answer:
        wanted, uid = body.get("invoice"), body.get("proprietary_uid")
        if set(body) != {"invoice", "proprietary_uid"} or not isinstance(uid, str):
            return self._complain(422, f"fields {sorted(body)}")
        if not REQUIRED <= set(wanted) <= REQUIRED | OPTIONAL or len(wanted["items"]) != 1:
            return self._complain(422, f"fields {sorted(wanted)}")
        (item,) = wanted["items"]
        if set(item) != ITEM or not all(isinstance(item[name], str) for name in ITEM - {"tax"}):
            return self._complain(422, f"item {item}")
        client = self.clients.get(wanted["client"]["code"])
        if set(wanted["client"]) != {"name", "code"} or client is None:
            return self._complain(422, f"client {wanted['client']}")
        # A name that it doesn't know stands for the usual tax.
        known = {tax["name"]: tax for tax in self.taxes}
        tax = known.get(item["tax"]["name"], next(t for t in self.taxes if t["default_tax"]))
        rate = Decimal(tax["value"])
        if (rate == 0) != ("tax_exemption" in wanted):
            return self._complain(422, "an exemption belongs to a rate of nought")
        if (kind == "credit_notes") != ("owner_invoice_id" in wanted):
            return self._complain(422, "a credit note belongs to an invoice")
        if uid in self.uids:
            return 422, {"errors": [{"error": "Proprietary uid is taken"}]}
        self.uids.add(uid)
        self.wanted.append(wanted)
        net = Decimal(item["unit_price"]) * Decimal(item["quantity"])
        total = (net * (100 + rate) / 100).quantize(CENT, ROUND_HALF_UP)
        before = net.quantize(CENT, ROUND_HALF_UP)
        number = 1000 + len(self.documents)
        self.documents[number] = {
            "id": number,
            "status": "draft",
            "archived": False,
            "type": TYPES[kind],
            "sequence_number": "draft",
            "inverted_sequence_number": "draft",
            "atcud": "N/D",
            "date": wanted["date"],
            "reference": wanted["reference"],
            "before_taxes": float(before),
            "taxes": float(total - before),
            "total": float(total),
            "client": {"id": client["id"], "name": client["name"], "country": "Portugal"},
        }
        return 201, {kind.removesuffix("s"): self.documents[number]}

    def _change_state(self, kind: str, number: str, body: Any) -> Answer:
        state = body.get("invoice", {}).get("state")
        found = self.documents.get(int(number))
        if body != {"invoice": {"state": state}} or state not in ("finalized", "deleted"):
            return self._complain(422, f"state {body}")
        if found is None or found["type"] != TYPES[kind] or found["status"] != "draft":
            return 422, {"errors": [{"error": "Not possible in this state"}]}
        if state == "deleted":
            found["status"] = "deleted"
            return 200, {kind.removesuffix("s"): found}
        alike = [each for each in self.issued() if each["type"] == found["type"]]
        days = [datetime.strptime(each["date"], "%d/%m/%Y") for each in alike]  # noqa: DTZ007 - a day
        if any(day > datetime.strptime(found["date"], "%d/%m/%Y") for day in days):  # noqa: DTZ007 - a day
            return 422, {"errors": [{"error": "The date is before the last document's"}]}
        sequence = len(alike) + 1
        found["status"] = "settled" if kind == "invoice_receipts" else "final"
        found["sequence_number"] = f"{sequence}/{SERIES}"
        found["inverted_sequence_number"] = f"{SERIES}/{sequence}"
        found["atcud"] = f"{VALIDATION_CODE}-{sequence}"
        found["before_taxes"] = float(Decimal(str(found["before_taxes"])) + self.surcharge)
        found["total"] = float(Decimal(str(found["total"])) + self.surcharge)
        return 200, {kind.removesuffix("s"): found}

    def _complain(self, status: int, about: str) -> Answer:
        self.complaints.append(about)
        return status, {"errors": [{"error": about}]}


def name_of(method: str, path: str) -> str:
    """What `will` and `calls` call it: `POST invoice_receipts`, `PUT change-state`, `GET pdf`."""
    steps = path.strip("/").removesuffix(".json").removesuffix(".pdf").split("/")
    return f"{method} {next(step for step in reversed(steps) if not step.isdecimal())}"


@contextmanager
def open_invoicexpress() -> Iterator[InvoiceXpress]:
    double = InvoiceXpress()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = urlsplit(self.path).path
            call = name_of(self.command, path)
            double.calls.append(call)
            planned = double.rules.get(call)
            rule = planned.pop(0) if planned else None
            if rule == "hang":
                time.sleep(0.6)
            if rule in ("hang", "break"):
                self.close_connection = True
                return
            if isinstance(rule, tuple):
                status, body = rule
            elif path.startswith("/files/"):
                status, body = double.pdf(path.removeprefix("/files/").removesuffix(".pdf"))
            else:
                status, body = double.answer(self.command, self.path, raw)
            if rule == "lose":
                self.close_connection = True
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            """Tests are quiet."""

    for method in ("GET", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
