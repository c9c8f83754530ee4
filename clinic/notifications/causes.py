"""Why a message reached nobody, for the person at the clinic who tells it in another way."""

from enum import StrEnum

from clinic.core import stuck
from clinic.core.stuck import Cause


class NotTold(StrEnum):
    UNDELIVERABLE = "undeliverable"
    OVER_THE_LIMIT = "daily_limit"
    UNREACHABLE = "unreachable"


stuck.register(
    {
        NotTold.UNDELIVERABLE: Cause(
            "Nem o telefone nem o e-mail aceitaram esta mensagem. Avise a pessoa de outra forma.",
            "Neither phone nor e-mail accepted this message. Tell the person in another way.",
            is_to_tell=True,
        ),
        NotTold.OVER_THE_LIMIT: Cause(
            "Este número já recebeu as SMS de hoje e não há e-mail. Avise a pessoa de outra forma.",
            "This number has already had today's SMS, and there is no e-mail address. Tell the"
            " person in another way.",
            is_to_tell=True,
        ),
        NotTold.UNREACHABLE: Cause(
            "Não temos telefone nem e-mail desta pessoa. Avise-a de outra forma, ou junte um"
            " contacto e tente de novo.",
            "We have neither a phone number nor an e-mail address for this person. Tell them in"
            " another way, or add a contact and try again.",
            is_to_tell=True,
        ),
    }
)
