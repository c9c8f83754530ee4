from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    ALREADY_PAID = "already_paid"
    HOLD_EXPIRED = "hold_expired"
    HOLD_TOO_SHORT = "hold_too_short"
    AMOUNT_NOT_PAYABLE = "amount_not_payable"
    NOT_PAYABLE = "not_payable"
    PAYMENTS_CLOSED = "payments_closed"
    BAD_SIGNATURE = "bad_signature"
    NOTHING_TO_REFUND = "nothing_to_refund"
    ISSUE_SETTLED = "issue_settled"
    MONEY_UNSETTLED = "money_unsettled"
    PAYMENT_DISPUTED = "payment_disputed"
    TOO_MANY_PAYMENTS = "too_many_payments"
    TOO_MANY_PUSHES = "too_many_pushes"


register(
    {
        Code.ALREADY_PAID: Problem(
            409, "Esta consulta já está paga.", "This appointment is already paid."
        ),
        Code.HOLD_EXPIRED: Problem(
            409,
            "O tempo para pagar terminou e a vaga foi libertada. Escolha outro horário.",
            "The time to pay is over and the slot was released. Choose another time.",
        ),
        Code.HOLD_TOO_SHORT: Problem(
            409,
            "A vaga é libertada antes de poder responder ao pedido MB WAY. Pague por Multibanco.",
            "The slot is released before you could answer an MB WAY request. Pay by Multibanco.",
        ),
        Code.AMOUNT_NOT_PAYABLE: Problem(
            409,
            "Este valor não pode ser pago aqui. Fale com a receção.",
            "This amount can't be paid here. Please talk to the reception.",
        ),
        Code.NOT_PAYABLE: Problem(
            409,
            "Nesta consulta não há nada para pagar.",
            "There is nothing to pay for this appointment.",
        ),
        Code.TOO_MANY_PAYMENTS: Problem(
            409,
            "Já tentou pagar esta consulta cinco vezes. Fale com a receção para a pagar.",
            "You have tried to pay for this appointment five times. Please talk to the reception.",
        ),
        Code.TOO_MANY_PUSHES: Problem(
            409,
            "Já pedimos três vezes por MB WAY para esta consulta. Pague por Multibanco.",
            "We have asked by MB WAY three times for this appointment. Pay by Multibanco.",
        ),
        Code.PAYMENTS_CLOSED: Problem(
            503,
            "De momento não conseguimos aceitar este pagamento. Tente dentro de minutos.",
            "We can't take this payment right now. Try again in a few minutes.",
        ),
        Code.BAD_SIGNATURE: Problem(
            400, "A assinatura não confere.", "The signature does not match."
        ),
        Code.MONEY_UNSETTLED: Problem(
            409,
            "Há um pagamento, uma devolução ou uma fatura por concluir. Tente dentro de minutos; se"
            " continuar, fale com a receção.",
            "A payment, a refund or an invoice isn't finished yet. Try again in a few minutes; if "
            "it doesn't change, please talk to the reception.",
        ),
        Code.NOTHING_TO_REFUND: Problem(
            409,
            "Este pagamento não tem esse valor por devolver.",
            "That much of this payment can't be given back.",
        ),
        Code.PAYMENT_DISPUTED: Problem(
            409,
            "O banco do pagador levou este dinheiro de volta. Resolva primeiro esse caso, para o"
            " utente não o receber duas vezes.",
            "The payer's bank took this money back. Settle that case first, so that the patient"
            " doesn't get it twice.",
        ),
        Code.ISSUE_SETTLED: Problem(
            409, "Este caso já está resolvido.", "This case has already been settled."
        ),
    }
)
