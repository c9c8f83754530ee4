from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    NOT_SET_UP = "not_set_up"
    UNKNOWN_SPECIALTY = "unknown_specialty"
    UNKNOWN_PRACTITIONER = "unknown_practitioner"
    UNKNOWN_PATIENT = "unknown_patient"
    UNKNOWN_ROOM = "unknown_room"


register(
    {
        Code.NOT_SET_UP: Problem(
            503,
            "A clínica ainda não está configurada. Fale connosco por telefone.",
            "The clinic hasn't been set up yet. Please call us instead.",
        ),
        Code.UNKNOWN_SPECIALTY: Problem(
            400, "Não temos essa especialidade.", "There is no such specialty."
        ),
        Code.UNKNOWN_PRACTITIONER: Problem(
            400, "Não temos esse profissional.", "There is no such practitioner."
        ),
        Code.UNKNOWN_PATIENT: Problem(400, "Não há esse paciente.", "There is no such patient."),
        Code.UNKNOWN_ROOM: Problem(400, "Não há essa sala.", "There is no such room."),
    }
)
