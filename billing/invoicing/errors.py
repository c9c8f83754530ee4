from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    INVOICE_NOT_READY = "invoice_not_ready"
    SERIES_MISSING = "series_missing"
    SERIES_TAKEN = "series_taken"
    SIGNING_KEY_MISSING = "signing_key_missing"
    SIGNING_KEY_INVALID = "signing_key_invalid"


register(
    {
        Code.INVOICE_NOT_READY: Problem(
            503,
            "A fatura está a ser preparada. Tente dentro de momentos.",
            "The invoice is being prepared. Try again in a moment.",
        ),
        Code.SERIES_MISSING: Problem(
            503,
            "Falta a série deste ano. Abra-a com o código que a AT lhe deu.",
            "This year's series is missing. Open it with the code from the tax authority.",
        ),
        Code.SERIES_TAKEN: Problem(
            409,
            "Já existe uma série com este nome ou para este ano.",
            "There is already a series with this name, or for this year.",
        ),
        Code.SIGNING_KEY_MISSING: Problem(
            409,
            "Falta a chave que assina os documentos. Peça a quem instalou o programa.",
            "The key that signs documents is missing. Ask whoever installed the program.",
        ),
        Code.SIGNING_KEY_INVALID: Problem(
            409,
            "A chave que assina os documentos não serve. Peça a quem instalou o programa.",
            "The key that signs documents can't be used. Ask whoever installed the program.",
        ),
    }
)
