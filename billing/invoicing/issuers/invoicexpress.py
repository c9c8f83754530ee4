"""InvoiceXpress, a certified Portuguese program, through its API v2.

A document starts as a draft, without fiscal value, and gets its number when it is finalized. Our id
is the draft's reference, by which we find it again, and its `proprietary_uid`, which InvoiceXpress
accepts only once. A draft whose totals differ from ours is never finalized.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from billing.invoicing import vat
from billing.invoicing.issuers.base import NotReadyError, Refusal, RefusedError, UnknownOutcomeError
from billing.invoicing.models import DocumentType, Invoice, InvoiceLine
from billing.invoicing.pdf import Pdf
from billing.invoicing.sealing import PDF_BEGINS
from billing.payments.providers import fields
from billing.payments.providers.base import MalformedEventError
from clinic.core import clock

TIMEOUT = httpx.Timeout(8.0, connect=3.0)
MOST_BYTES = 10 * 1024 * 1024
DATE = "%d/%m/%Y"
FARTHEST = timedelta(days=366)
"""No document that we ask for has a year farther from today's than this."""
COUNTRY = "Portugal"
ISSUED = frozenset({"final", "settled"})
NUMBER = re.compile(r"[A-Za-z0-9._-]{1,40}/[0-9]{1,10}")
ATCUD = re.compile(r"[A-Z0-9]{8,50}-[0-9]{1,10}")
NOT_NOW = frozenset({401, 403, 429})
"""Nothing was done, and the same request may be accepted later."""

SHOWN_OF_A_CLIENT = ("name", "fiscal_id", "address")
KINDS = {
    DocumentType.INVOICE_RECEIPT: "invoice_receipt",
    DocumentType.CREDIT_NOTE: "credit_note",
}


class InvoiceXpressIssuer:
    key = "invoicexpress"
    at_once = False

    def issue(self, document: Invoice, line: InvoiceLine) -> None:
        _finalize(document, _draft(document, line))

    def find(self, document: Invoice, _line: InvoiceLine) -> bool:
        drafts = []
        for found in _with_our_reference(document):
            status = found.get("status")
            if status in ISSUED:
                _take_over(document, found)
                return True
            if status == "draft":
                drafts.append(found)
            elif status != "deleted":
                raise UnknownOutcomeError("the document is there, but no longer in force")
        for draft in drafts:
            if draft.get("date") == clock.today().strftime(DATE):
                _finalize(document, draft)
                return True
            # Dates can't go back within a series, so a draft of another day can't be finalized.
            _change_state(document, draft, "deleted")
        return False

    def pdf(self, document: Invoice) -> Pdf:
        """The file from InvoiceXpress, which starts making it when asked, so it isn't there at
        once."""
        try:
            response = _call("GET", f"/api/pdf/{document.external_id}.json")
            output = fields.answer_of(response).get("output")
            address = output.get("pdfUrl") if isinstance(output, dict) else None
            if response.status_code != httpx.codes.OK or not isinstance(address, str):
                raise NotReadyError(f"InvoiceXpress answered {response.status_code}")
            return Pdf(_download(address), "")
        except UnknownOutcomeError as error:
            raise NotReadyError(str(error)) from error


def _draft(document: Invoice, line: InvoiceLine) -> dict[str, Any]:
    today = clock.today()
    content: dict[str, Any] = {
        "date": today.strftime(DATE),
        "due_date": today.strftime(DATE),
        "reference": str(document.id),
        "client": _customer(document),
        "items": [
            {
                "name": line.code,
                "description": line.description,
                "unit_price": str(line.unit_net),
                "quantity": str(line.quantity),
                "unit": "service",
                "tax": {"name": _tax(line)},
            }
        ],
    }
    if line.exemption_code:
        content["tax_exemption"] = line.exemption_code
    if settings.INVOICEXPRESS_SEQUENCE:
        content["sequence_id"] = settings.INVOICEXPRESS_SEQUENCE
    if document.credits is not None:
        content["owner_invoice_id"] = document.credits.external_id
        content["observations"] = document.reason
    made = _taken(
        _call(
            "POST",
            f"/{_kind(document)}s.json",
            # It accepts such a name only once; a draft of another day is deleted and made again.
            {"invoice": content, "proprietary_uid": f"{document.id}-{today}"},
        )
    )
    return _document_in(made, document)


def _customer(document: Invoice) -> dict[str, str]:
    """The customer in InvoiceXpress, first created or corrected: the draft takes everything but
    name and code from that record, and finds it by name if it doesn't know the code."""
    wanted = {
        "name": document.customer_name,
        "code": document.customer_tax_id,
        "fiscal_id": document.customer_tax_id,
        "address": document.customer_address,
        "country": COUNTRY,
    }
    response = _call("GET", "/clients/find-by-code.json", query={"client_code": wanted["code"]})
    if response.status_code == httpx.codes.NOT_FOUND:
        _taken(_call("POST", "/clients.json", {"client": wanted}))
    else:
        known = _taken(response).get("client")
        if not isinstance(known, dict):
            raise UnknownOutcomeError("InvoiceXpress names no client")
        if any((known.get(name) or "") != wanted[name] for name in SHOWN_OF_A_CLIENT):
            _taken(_call("PUT", f"/clients/{_id(known)}.json", {"client": wanted}))
    return {"name": wanted["name"], "code": wanted["code"]}


def _tax(line: InvoiceLine) -> str:
    """The account's name for the rate. An unknown name would silently mean its usual rate."""
    taxes = _taken(_call("GET", "/taxes.json")).get("taxes")
    if not isinstance(taxes, list) or not all(isinstance(tax, dict) for tax in taxes):
        raise UnknownOutcomeError("InvoiceXpress lists no taxes")
    try:
        for tax in taxes:
            is_ours = fields.money(tax.get("value"), "value") == line.vat_rate
            if is_ours and tax.get("region") in {"PT", None}:
                return fields.text(tax, "name")
    except MalformedEventError as error:
        raise _senseless(error) from error
    rate = f"{line.vat_rate.normalize():f}"
    raise RefusedError(f"InvoiceXpress has no tax of {rate} %", why=Refusal.NO_TAX, told=rate)


def _finalize(document: Invoice, draft: Mapping[str, Any]) -> None:
    net, tax, gross = _totals(draft)
    if (net, tax, gross) != (document.net_total, document.vat_total, document.gross_total):
        raise RefusedError(
            f"its draft comes to {gross}, {tax} of it VAT",
            why=Refusal.OTHER_TOTALS,
            told=str(gross),
        )
    client = draft.get("client")
    if not isinstance(client, dict) or client.get("name") != document.customer_name:
        raise RefusedError("its draft is for another customer", why=Refusal.OTHER_CUSTOMER)
    _take_over(document, _document_in(_change_state(document, draft, "finalized"), document))


def _change_state(document: Invoice, found: Mapping[str, Any], state: str) -> dict[str, Any]:
    path = f"/{_kind(document)}s/{_id(found)}/change-state.json"
    return _taken(_call("PUT", path, {"invoice": {"state": state}}))


def _take_over(document: Invoice, issued: Mapping[str, Any]) -> None:
    """Copy what InvoiceXpress says of an issued document into ours."""
    try:
        if issued.get("status") not in ISSUED:
            fields.malformed("status")
        number = fields.text(issued, "inverted_sequence_number")
        if not NUMBER.fullmatch(number):
            fields.malformed("inverted_sequence_number")
        atcud = fields.optional(issued, "atcud")
        day = _day(issued)
    except MalformedEventError as error:
        raise _senseless(error) from error
    document.external_id = _id(issued)
    document.number = f"{document.document_type} {number}"
    document.atcud = atcud if ATCUD.fullmatch(atcud) else ""
    document.issued_on = day
    document.issued_at = min(clock.now(), clock.day_bounds(day)[1] - timedelta(seconds=1))
    document.net_total, document.vat_total, document.gross_total = _totals(issued)


def _totals(found: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    try:
        net = fields.money(found.get("before_taxes"), "before_taxes")
        tax = fields.money(found.get("taxes"), "taxes")
        gross = fields.money(found.get("total"), "total")
        if net + tax != gross or gross != gross.quantize(vat.CENT):
            fields.malformed("total")
        return net, tax, gross
    except MalformedEventError as error:
        raise _senseless(error) from error


def _day(found: Mapping[str, Any]) -> date:
    try:
        day = datetime.strptime(fields.text(found, "date"), DATE).date()  # noqa: DTZ007 - a day
    except ValueError:
        fields.malformed("date")
    if abs(day - clock.today()) > FARTHEST:
        fields.malformed("date")
    return day


def _id(found: Mapping[str, Any]) -> str:
    try:
        known = fields.number(found, "id")
        return known if known.isascii() and known.isdecimal() else fields.malformed("id")
    except MalformedEventError as error:
        raise _senseless(error) from error


def _with_our_reference(document: Invoice) -> list[dict[str, Any]]:
    reference = str(document.id)
    answer = _taken(_call("GET", "/invoices.json", query={"reference": reference}))
    listed = answer.get("invoices")
    if not isinstance(listed, list):
        raise UnknownOutcomeError("InvoiceXpress lists no documents")
    return [
        found for found in listed if isinstance(found, dict) and found.get("reference") == reference
    ]


def _kind(document: Invoice) -> str:
    return KINDS[DocumentType(document.document_type)]


def _document_in(answer: Mapping[str, Any], document: Invoice) -> dict[str, Any]:
    """The document in an answer, where it is wrapped in the name of its kind."""
    found = answer.get(_kind(document))
    if not isinstance(found, dict):
        raise UnknownOutcomeError("there is no document in InvoiceXpress's answer")
    return found


def _download(address: str) -> bytes:
    """The file at the address that InvoiceXpress gave, which needs no key."""
    if urlsplit(address).scheme != urlsplit(settings.INVOICEXPRESS_URL).scheme:
        raise NotReadyError("InvoiceXpress names a file elsewhere")
    try:
        response = _http().get(address, timeout=TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotReadyError(type(error).__name__) from error
    data = response.content
    if not response.is_success or not data.startswith(PDF_BEGINS) or len(data) > MOST_BYTES:
        raise NotReadyError(f"there is no PDF: {response.status_code}")
    return data


@cache
def _http() -> httpx.Client:
    """One per process: creating it takes longer than most calls, and a document needs several."""
    return httpx.Client()


def _call(
    method: str,
    path: str,
    payload: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> httpx.Response:
    """The key is part of the address, so of an error only its type is told."""
    try:
        return _http().request(
            method,
            f"{settings.INVOICEXPRESS_URL}{path}",
            json=payload,
            params={**(query or {}), "api_key": settings.INVOICEXPRESS_API_KEY},
            headers={"Accept": "application/json"},
            timeout=TIMEOUT,
        )
    except httpx.HTTPError as error:
        raise UnknownOutcomeError(type(error).__name__) from error


def _taken(response: httpx.Response) -> dict[str, Any]:
    """The answer to a request that was accepted."""
    if response.is_success:
        return fields.answer_of(response)
    if response.is_client_error and response.status_code not in NOT_NOW:
        status = response.status_code
        raise RefusedError(
            f"InvoiceXpress answered {status}", why=Refusal.REJECTED, told=str(status)
        )
    keeps_out = response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
    raise UnknownOutcomeError(
        f"InvoiceXpress answered {response.status_code}",
        why=Refusal.NO_ACCESS if keeps_out else Refusal.NO_ANSWER,
    )


def _senseless(error: MalformedEventError) -> UnknownOutcomeError:
    return UnknownOutcomeError(f"InvoiceXpress's answer makes no sense: {error}")
