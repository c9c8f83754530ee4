"""ifthenpay as its documents describe it: MB WAY, the list of what was paid, refunds. It never
hears of a Multibanco reference before somebody pays it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clinic.core import clock
from tests.billing.doubles import Answer, Double

SETTINGS = {
    "IFTHENPAY_BACKOFFICE_KEY": "1234-5678-9012-3456",
    "IFTHENPAY_ANTI_PHISHING_KEY": "Kq7dV2nPx9LmTz4RbW8c",
    "IFTHENPAY_ENTITY": "11604",
    "IFTHENPAY_SUBENTITY": "999",
    "IFTHENPAY_MBWAY_KEY": "VEZ-123456",
}
MOMENT = "%d-%m-%Y %H:%M:%S"
AMOUNT = re.compile(r"\d+\.\d\d")
FILTERS = {"entity", "subEntity", "reference", "orderId", "requestId", "amount"}
DATES = {"dateStart", "dateEnd"}


@dataclass
class Push:
    request_id: str
    order_id: str
    amount: str
    phone: str
    status: str = "123"


@dataclass
class Ifthenpay(Double):
    pushes: dict[str, Push] = field(default_factory=dict)
    paid: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[tuple[str, str]] = field(default_factory=list)

    def make(self, order_id: str, amount: str, phone: str = "351#912345678") -> Push:
        """A request that is on a phone."""
        push = Push(f"i2szvoUfPYBMWdSxqO{len(self.pushes):02}", order_id, amount, phone)
        self.pushes[push.request_id] = push
        return push

    def pay(self, push: Push, at: datetime | None = None) -> None:
        """Somebody approves it in the app."""
        push.status = "000"
        key = SETTINGS["IFTHENPAY_MBWAY_KEY"]
        self._list("MBWAY", key, push.order_id, push.order_id, push.amount, at, push.request_id)

    def pay_reference(
        self, reference: str, amount: str, at: datetime | None = None, sub: str = "999"
    ) -> None:
        """Somebody pays it at a cash machine."""
        self._list("11604", sub, reference, reference[3:7], amount, at, "")

    def answer(self, method: str, target: str, headers: Any, raw: bytes) -> Answer:
        path = urlsplit(target).path.strip("/")
        handlers: dict[tuple[str, str], Callable[..., Answer]] = {
            ("POST", "spg/payment/mbway"): self._push,
            ("POST", "v2/payments/read"): self._read,
            ("POST", "v2/payments/refund"): self._refund,
        }
        if (method, path) == ("GET", "spg/payment/mbway/status"):
            return self._status(parse_qs(urlsplit(target).query))
        if (method, path) not in handlers:
            return self._complain(404, f"no such path: {method} {path}")
        if headers.get("Content-Type") != "application/json":
            return self._complain(415, f"{path}: not JSON")
        return handlers[method, path](json.loads(raw))

    def _push(self, body: dict[str, str]) -> Answer:
        if not self._has(body, {"mbWayKey", "orderId", "amount", "mobileNumber"}):
            return 200, {"Status": "999", "Message": "Error"}
        if body["mbWayKey"] != SETTINGS["IFTHENPAY_MBWAY_KEY"]:
            self.complaints.append("MB WAY key")
            return 200, {"Status": "-1", "Message": "Invalid key"}
        known = any(push.order_id == body["orderId"] for push in self.pushes.values())
        if not 1 <= len(body["orderId"]) <= 15 or known:
            self.complaints.append(f"order {body['orderId']}")
        if not AMOUNT.fullmatch(body["amount"]):
            self.complaints.append(f"amount {body['amount']}")
        if not re.fullmatch(r"351#9\d{8}", body["mobileNumber"]):
            self.complaints.append(f"phone {body['mobileNumber']}")
        made = self.make(body["orderId"], body["amount"], body["mobileNumber"])
        return 200, {
            "Amount": made.amount,
            "Message": "Pending",
            "OrderId": made.order_id,
            "RequestId": made.request_id,
            "Status": "000",
        }

    def _status(self, query: dict[str, list[str]]) -> Answer:
        if set(query) != {"mbWayKey", "requestId"}:
            return self._complain(400, f"status: {sorted(query)}")
        if query["mbWayKey"] != [SETTINGS["IFTHENPAY_MBWAY_KEY"]]:
            return self._complain(403, "status: key")
        push = self.pushes.get(query["requestId"][0])
        if push is None:
            return self._complain(404, f"status: {query['requestId']}")
        moment = clock.local(clock.now()).strftime(MOMENT)
        return 200, {
            "CreatedAt": moment,
            "Message": "Success",
            "RequestId": push.request_id,
            "Status": push.status,
            "UpdateAt": moment,
        }

    def _read(self, body: dict[str, str]) -> Answer:
        if not set(body) <= {"boKey", *FILTERS, *DATES} or not self._has(body, set(body)):
            return self._complain(400, f"read: {sorted(body)}")
        if body["boKey"] != SETTINGS["IFTHENPAY_BACKOFFICE_KEY"]:
            self.complaints.append("read: key")
            return 403, {"message": "Invalid boKey", "status": 403, "payments": None}
        since, until = (_moment(body[name]) for name in ("dateStart", "dateEnd"))
        found = [
            entry
            for entry in self.paid
            if all(entry[name] == body[name] for name in FILTERS & set(body))
            and since <= _moment(entry["paymentDate"]) <= until
        ]
        return 200, {"message": "OK", "status": 200, "payments": found}

    def _refund(self, body: dict[str, str]) -> Answer:
        if not self._has(body, {"backofficekey", "requestId", "amount"}):
            return 200, {"Code": 0, "Message": "Invalid request"}
        if body["backofficekey"] != SETTINGS["IFTHENPAY_BACKOFFICE_KEY"]:
            return self._complain(403, "refund: key")
        push = self.pushes.get(body["requestId"])
        given = sum(Decimal(sum_) for one, sum_ in self.refunds if one == body["requestId"])
        if push is None or push.status != "000" or not AMOUNT.fullmatch(body["amount"]):
            return 200, {"Code": 0, "Message": "Payment could not be refunded"}
        if given + Decimal(body["amount"]) > Decimal(push.amount):
            return 200, {"Code": 0, "Message": "Payment could not be refunded"}
        self.refunds.append((body["requestId"], body["amount"]))
        return 200, {"Code": 1, "Message": "Successful refunded"}

    def _list(
        self,
        entity: str,
        account: str,
        reference: str,
        order_id: str,
        amount: str,
        at: datetime | None,
        request_id: str,
    ) -> None:
        moment = clock.local(at or clock.now())
        self.paid.append(
            {
                "amount": float(amount),
                "entity": entity,
                "fee": 0.86,
                "netAmount": round(float(amount) - 0.86, 2),
                "orderId": order_id,
                "paymentDate": moment.strftime(MOMENT),
                "procDate": f"{moment:%Y%m%d}",
                "reference": reference,
                "requestId": request_id,
                "subEntity": account,
                "terminal": "5-0000000000-BANCO",
            }
        )

    def _has(self, body: Any, names: set[str]) -> bool:
        if not isinstance(body, dict) or set(body) != names:
            self.complaints.append(f"fields {body}")
            return False
        odd = [name for name in names if not isinstance(body[name], str)]
        self.complaints += [f"{name} is {body[name]!r}" for name in odd]
        return not odd

    def _complain(self, status: int, about: str) -> Answer:
        self.complaints.append(about)
        return status, {"message": about, "status": status}


def _moment(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=clock.zone())
