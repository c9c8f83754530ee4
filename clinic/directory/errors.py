from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    UNKNOWN_SPECIALTY = "unknown_specialty"
    UNKNOWN_PRACTITIONER = "unknown_practitioner"
    UNKNOWN_PATIENT = "unknown_patient"
    UNKNOWN_ROOM = "unknown_room"


register(
    {
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
