"""eupago as its documents describe it, on a real socket, and stricter than it: a path, a key, a
field or a type that it doesn't name is refused and remembered as a complaint."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.billing.doubles import Answer, Double

API_KEY = "demo-0000-1111-2222-333"
WEBHOOK_KEY = "0123456789abcdef0123456789abcdef"
CLIENT = {"client_id": "clinic", "client_secret": "a secret of the clinic"}
TOKEN = "token-of-the-clinic"
ENTITY = 11249


@dataclass
class Reference:
    identifier: str
    number: int
    amount: Decimal
    entity: int | None
    state: str = "pendente"
    trid: int | None = None
    paid_on: str | None = None


@dataclass
class Eupago(Double):
    references: dict[int, Reference] = field(default_factory=dict)
    refunds: list[tuple[str, Decimal]] = field(default_factory=list)

    def pay(self, number: str) -> Reference:
        """Somebody pays this reference."""
        reference = self.references[int(number)]
        reference.state, reference.trid = "paga", 113_000_000 + reference.number
        return reference

    def close(self, number: str, state: str) -> None:
        self.references[int(number)].state = state

    def answer(self, method: str, target: str, headers: Any, raw: bytes) -> Answer:
        path = urlsplit(target).path.strip("/")
        handlers: dict[tuple[str, str], Callable[..., Answer]] = {
            ("POST", "clientes/rest_api/multibanco/create"): self._create,
            ("POST", "clientes/rest_api/multibanco/info"): self._info,
            ("POST", "api/v1.02/mbway/create"): self._push,
            ("POST", "api/auth/token"): self._token,
            ("GET", "api/management/v1.02/references/info"): self._lookup,
        }
        if method == "POST" and path.startswith("api/management/v1.02/refund/"):
            handler: Callable[..., Answer] = self._refund
        elif (method, path) in handlers:
            handler = handlers[method, path]
        else:
            return self._complain(404, f"no such path: {method} {path}")
        if method == "POST" and headers.get("Content-Type") != "application/json":
            return self._complain(415, f"{path}: not JSON")
        body = json.loads(raw, parse_float=Decimal) if raw else {}
        return handler(target, headers.get("Authorization"), body)

    def _create(self, _target: str, _key: str | None, body: dict[str, Any]) -> Answer:
        if not self._has(
            body, {"chave": str, "valor": Decimal, "id": str, "per_dup": int, "data_fim": str}
        ):
            return 200, {"sucesso": False, "estado": -9, "resposta": "Parâmetro"}
        if body["chave"] != API_KEY:
            return 200, {"sucesso": False, "estado": -10, "resposta": "Chave inválida"}
        made = self.make(body["id"], body["valor"], ENTITY)
        return 200, {
            "sucesso": True,
            "estado": 0,
            "resposta": "OK",
            "entidade": ENTITY,
            "referencia": made.number,
            "valor": f"{made.amount:.5f}",
        }

    def _info(self, _target: str, _key: str | None, body: dict[str, Any]) -> Answer:
        if not self._has(body, {"chave": str, "referencia": str}) or body["chave"] != API_KEY:
            return 200, {"sucesso": False, "estado": -10}
        found = self.references.get(int(body["referencia"]))
        if found is None:
            return 200, {"sucesso": False, "estado": -11, "resposta": "Referência inexistente"}
        answer: dict[str, Any] = {
            "sucesso": True,
            "estado": 0,
            "entidade": found.entity,
            "referencia": found.number,
            "identificador": found.identifier,
            "estado_referencia": found.state,
        }
        if found.trid is not None:
            paid = {"trid": found.trid, "estado": "paga", "valor": f"{found.amount:.5f}"}
            if found.paid_on is not None:
                paid |= {"data_pagamento": found.paid_on, "hora_pagamento": "23:59:59"}
            answer["pagamentos"] = [paid]
        return 200, answer

    def _push(self, _target: str, key: str | None, body: dict[str, Any]) -> Answer:
        if key != f"ApiKey {API_KEY}":
            return self._complain(401, "mbway: key")
        payment: Any = body.get("payment")
        shape: dict[str, type] = {
            "amount": dict,
            "identifier": str,
            "customerPhone": str,
            "countryCode": str,
            "lang": str,
        }
        if not self._has(body, {"payment": dict}) or not self._has(payment, shape):
            return 400, {"transactionStatus": "Rejected", "code": "BODY_INVALID", "text": "Body"}
        if not self._has(payment["amount"], {"value": Decimal, "currency": str}):
            return 400, {"transactionStatus": "Rejected", "code": "AMOUNT_INVALID", "text": ""}
        if len(payment["customerPhone"]) != 9 or payment["countryCode"] != "351":
            self.complaints.append(f"phone {payment['customerPhone']}")
            return 400, {
                "transactionStatus": "Rejected",
                "code": "CUSTOMERPHONE_INVALID",
                "text": "Invalid phone",
            }
        made = self.make(payment["identifier"], payment["amount"]["value"], None)
        return 201, {
            "transactionStatus": "Success",
            "transactionID": f"t{made.number}",
            "reference": str(made.number),
        }

    def _token(self, _target: str, _key: str | None, body: dict[str, Any]) -> Answer:
        if body != {"grant_type": "client_credentials", **CLIENT}:
            return self._complain(401, "token: credentials")
        return 200, {"access_token": TOKEN, "expires_in": 3600}

    def _lookup(self, target: str, key: str | None, _body: dict[str, Any]) -> Answer:
        if key != f"Bearer {TOKEN}":
            return self._complain(401, "references: token")
        (identifier,) = parse_qs(urlsplit(target).query)["identifier"]
        found = [one for one in self.references.values() if one.identifier == identifier]
        return 200, {"data": [{"reference": str(one.number), "status": one.state} for one in found]}

    def _refund(self, target: str, key: str | None, body: dict[str, Any]) -> Answer:
        if key != f"Bearer {TOKEN}":
            return self._complain(401, "refund: token")
        if not self._has(body, {"amount": Decimal, "reason": str}):
            return 400, {"transactionStatus": "Rejected", "code": "BODY_INVALID"}
        trid = urlsplit(target).path.rpartition("/")[2]
        paid = [one for one in self.references.values() if str(one.trid) == trid]
        given = sum((amount for one, amount in self.refunds if one == trid), Decimal(0))
        if not paid or given + body["amount"] > paid[0].amount:
            return 400, {"transactionStatus": "Rejected", "code": "AMOUNT_INVALID", "text": ""}
        self.refunds.append((trid, body["amount"]))
        return 200, {
            "transactionStatus": "Success",
            "status": "Reembolsado",
            "refundId": str(900 + len(self.refunds)),
        }

    def make(self, identifier: str, amount: Any, entity: int | None) -> Reference:
        """A reference that waits for its money."""
        number = 5_000_000 + len(self.references)
        made = Reference(identifier, number, Decimal(amount), entity)
        self.references[number] = made
        return made

    def _has(self, body: Any, shape: dict[str, type]) -> bool:
        if not isinstance(body, dict) or set(body) != set(shape):
            self.complaints.append(f"fields {body}")
            return False
        for name, kind in shape.items():
            wanted: Any = (int, Decimal) if kind is Decimal else kind
            if not isinstance(body[name], wanted) or isinstance(body[name], bool):
                self.complaints.append(f"{name} is {body[name]!r}")
                return False
        return True

    def _complain(self, status: int, about: str) -> Answer:
        self.complaints.append(about)
        return status, {"transactionStatus": "Rejected", "code": "DENIED", "text": about}
