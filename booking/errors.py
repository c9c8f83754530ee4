from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    SLOT_TAKEN = "slot_taken"
    SLOT_UNAVAILABLE = "slot_unavailable"
    IN_THE_PAST = "in_the_past"
    PATIENT_BUSY = "patient_busy"
    TOO_MANY_HOLDS = "too_many_holds"
    PHONE_UNVERIFIED = "phone_unverified"
    INVALID_TRANSITION = "invalid_transition"
    TOO_EARLY = "too_early"
    WRONG_DAY = "wrong_day"
    TOO_LATE = "too_late"
    QUEUE_EMPTY = "queue_empty"
    NO_FREE_TIME = "no_free_time"
    ROOM_TAKEN = "room_taken"
    BUSY = "busy"
    NOTHING_TO_UNDO = "nothing_to_undo"
    PLACE_TAKEN = "place_taken"
    NOTE_CHANGED = "note_changed"
    LINK_INVALID = "link_invalid"
    LINK_OVER = "link_over"
    VISITS_AHEAD = "visits_ahead"


register(
    {
        Code.SLOT_TAKEN: Problem(
            409,
            "Esta hora acabou de ser ocupada. Escolha outra.",
            "This time has just been taken. Choose another.",
        ),
        Code.SLOT_UNAVAILABLE: Problem(
            409, "Esta hora não está disponível.", "This time isn't available."
        ),
        Code.IN_THE_PAST: Problem(400, "Esta hora já passou.", "This time has already passed."),
        Code.PATIENT_BUSY: Problem(
            409,
            "O paciente já tem uma marcação a essa hora.",
            "The patient already has an appointment at that time.",
        ),
        Code.TOO_MANY_HOLDS: Problem(
            409,
            "Há demasiadas marcações por pagar. Pague ou cancele uma delas.",
            "Too many appointments are waiting for payment. Pay or cancel one of them.",
        ),
        Code.PHONE_UNVERIFIED: Problem(
            403,
            "Antes de reservar, confirme o seu telemóvel com o código que lhe enviamos por SMS.",
            "Before you book, confirm your mobile phone with the code that we send you by SMS.",
        ),
        Code.INVALID_TRANSITION: Problem(
            409,
            "A marcação já não está num estado que o permita.",
            "The appointment is no longer in a state that allows this.",
        ),
        Code.TOO_EARLY: Problem(
            409, "A marcação não é para hoje.", "The appointment isn't for today."
        ),
        Code.WRONG_DAY: Problem(
            409, "O dia da marcação já passou.", "The day of the appointment is over."
        ),
        Code.TOO_LATE: Problem(
            409,
            "A hora da marcação já passou: fale com a receção.",
            "The appointment's time has passed: please talk to the reception.",
        ),
        Code.QUEUE_EMPTY: Problem(409, "Não há ninguém à espera.", "Nobody is waiting."),
        Code.NO_FREE_TIME: Problem(
            409, "Hoje já não há tempo livre.", "There is no free time left today."
        ),
        Code.ROOM_TAKEN: Problem(
            409, "A sala está ocupada a essa hora.", "The room is taken at that time."
        ),
        Code.BUSY: Problem(
            409,
            "O terapeuta, o gabinete ou o paciente está noutra consulta.",
            "The therapist, the room or the patient is in another treatment.",
        ),
        Code.NOTHING_TO_UNDO: Problem(
            409, "Já não há nada para anular.", "There is nothing left to undo."
        ),
        Code.PLACE_TAKEN: Problem(
            409,
            "Não se pode anular: a hora já foi dada a outra pessoa.",
            "This can't be undone: the time has been given to somebody else.",
        ),
        Code.NOTE_CHANGED: Problem(
            409,
            "Entretanto outra pessoa mudou a nota.",
            "Somebody has changed the note in the meantime.",
        ),
        Code.LINK_INVALID: Problem(
            404,
            "Esta ligação não é válida. Abra a mais recente que lhe enviámos.",
            "This link isn't valid. Open the latest one we sent you.",
        ),
        Code.LINK_OVER: Problem(
            410,
            "Esta ligação já não está ativa: o dia da consulta passou.",
            "This link is no longer active: the day of the appointment is over.",
        ),
        Code.VISITS_AHEAD: Problem(
            409,
            "Ainda há consultas marcadas. Cancele-as primeiro; o que pagou é devolvido pelas regras"
            " de sempre.",
            "There are still appointments ahead. Cancel them first; what was paid goes back by the"
            " usual rules.",
        ),
    }
)
