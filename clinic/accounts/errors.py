from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    INVALID_CREDENTIALS = "invalid_credentials"
    SESSION_ENDED = "session_ended"
    REFRESHED_ELSEWHERE = "refreshed_elsewhere"
    CSRF_FAILED = "csrf_failed"
    USERNAME_TAKEN = "username_taken"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  (the code of an error)
    CONTACT_MISSING = "contact_missing"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    LINK_USED = "link_used"
    BIRTH_DATE_FIXED = "birth_date_fixed"
    PAIRING_CODE_INVALID = "pairing_code_invalid"
    NOT_A_DISPLAY = "not_a_display"


register(
    {
        Code.INVALID_CREDENTIALS: Problem(
            401,
            "O nome de utilizador ou a palavra-passe não estão certos.",
            "The username or the password isn't right.",
        ),
        Code.SESSION_ENDED: Problem(
            401, "A sessão terminou. Entre de novo.", "The session has ended. Log in again."
        ),
        Code.REFRESHED_ELSEWHERE: Problem(
            409,
            "Outra janela acabou de renovar esta sessão. Repita o pedido.",
            "Another tab has just renewed this session. Repeat the request.",
        ),
        Code.CSRF_FAILED: Problem(
            403,
            "O pedido não traz a prova de que partiu desta página. Recarregue e tente de novo.",
            "The request doesn't prove that it came from this site. Reload and try again.",
        ),
        Code.USERNAME_TAKEN: Problem(
            400, "Este nome de utilizador já existe.", "This username is taken."
        ),
        Code.WRONG_PASSWORD: Problem(
            400, "A palavra-passe atual não está certa.", "The current password isn't right."
        ),
        Code.CONTACT_MISSING: Problem(
            400,
            "Falta este contacto. Junte-o aos seus dados.",
            "This contact is missing. Add it to your details.",
        ),
        Code.CODE_WRONG: Problem(
            400,
            "O código não está certo. Confirme os seis algarismos.",
            "The code isn't right. Check the six digits.",
        ),
        Code.CODE_EXPIRED: Problem(
            410, "Este código já não serve. Peça outro.", "This code is over. Ask for another."
        ),
        Code.LINK_USED: Problem(
            410,
            "Esta ligação já foi usada ou passou do prazo. Peça outra.",
            "This link has been used or is too old. Ask for another.",
        ),
        Code.BIRTH_DATE_FIXED: Problem(
            409,
            "A data de nascimento já não pode ser mudada aqui. Fale com a receção.",
            "The birth date can no longer be changed here. Please talk to the reception.",
        ),
        Code.PAIRING_CODE_INVALID: Problem(
            400,
            "O código não está certo ou já não é válido. Peça outro na receção.",
            "The code is wrong or no longer valid. Ask the reception for a new one.",
        ),
        Code.NOT_A_DISPLAY: Problem(
            400, "Um quiosque não tem estas definições.", "A kiosk has no such settings."
        ),
    }
)
