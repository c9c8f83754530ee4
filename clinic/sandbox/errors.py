from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    WRONG_REFERENCE = "wrong_reference"
    WRONG_AMOUNT = "wrong_amount"
    REFERENCE_PAID = "reference_already_paid"
    NOT_ENROLLED = "not_enrolled"
    REQUEST_CLOSED = "request_closed"


register(
    {
        Code.WRONG_REFERENCE: Problem(
            422,
            "Este banco não conhece a entidade ou a referência.",
            "This bank doesn't know the entity or the reference.",
        ),
        Code.WRONG_AMOUNT: Problem(
            422,
            "O montante não confere com esta referência. Confirme os números.",
            "The amount doesn't match this reference. Check the numbers.",
        ),
        Code.REFERENCE_PAID: Problem(
            422, "Esta referência já foi paga.", "This reference has already been paid."
        ),
        Code.NOT_ENROLLED: Problem(
            422,
            "Este número não tem MB WAY.",
            "This number has no MB WAY.",
        ),
        Code.REQUEST_CLOSED: Problem(
            409,
            "Este pedido já não espera resposta.",
            "This request is no longer waiting for an answer.",
        ),
    }
)
