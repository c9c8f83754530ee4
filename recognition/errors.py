from enum import StrEnum

from clinic.core.errors import Problem, register


class Code(StrEnum):
    CONSENT_REQUIRED = "consent_required"
    ADULT_REQUIRED = "adult_required"
    IMAGE_UNREADABLE = "image_unreadable"
    IMAGE_TYPE = "image_type"
    IMAGE_HEIC = "image_heic"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_TOO_MANY_PIXELS = "image_too_many_pixels"
    IMAGE_SHAPE = "image_shape"
    FACE_SWITCHED_OFF = "face_switched_off"
    NOTHING_TO_CONFIRM = "nothing_to_confirm"
    CONFIRMATION_FAILED = "confirmation_failed"
    LIVENESS_NOT_SET_UP = "liveness_not_set_up"
    LIVENESS_OVER = "liveness_over"


register(
    {
        Code.CONSENT_REQUIRED: Problem(
            400,
            "Sem o seu consentimento não guardamos fotografias.",
            "Without your consent we keep no photos.",
        ),
        Code.ADULT_REQUIRED: Problem(
            409,
            "O reconhecimento facial é só para maiores de 18 anos. Indique a sua data de "
            "nascimento no perfil.",
            "Face check-in is for adults only. Enter your date of birth in your profile.",
        ),
        Code.IMAGE_UNREADABLE: Problem(
            400,
            "Não conseguimos abrir a imagem. Tire outra fotografia.",
            "We couldn't open the image. Take another photo.",
        ),
        Code.IMAGE_TYPE: Problem(
            415,
            "Envie a fotografia em JPEG, PNG ou WebP.",
            "Send the photo as JPEG, PNG or WebP.",
        ),
        Code.IMAGE_HEIC: Problem(
            415,
            "A fotografia está em HEIC, que não abrimos. Tire-a com a câmara da página, ou "
            "guarde-a como JPEG (no iPhone: Definições, Câmara, Formatos, Mais compatível).",
            "The photo is in HEIC, which we can't open. Take it with the page's camera, or save it "
            "as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible).",
        ),
        Code.IMAGE_TOO_LARGE: Problem(
            413,
            "A fotografia tem mais de 8 MB. Envie uma mais pequena.",
            "The photo is over 8 MB. Send a smaller one.",
        ),
        Code.IMAGE_TOO_MANY_PIXELS: Problem(
            413,
            "A fotografia tem mais de {megapixels} megapíxeis. Envie uma mais pequena.",
            "The photo is over {megapixels} megapixels. Send a smaller one.",
        ),
        Code.IMAGE_SHAPE: Problem(
            413,
            "A fotografia é demasiado comprida: cada lado pode ter até {side} píxeis e {ratio} "
            "vezes o outro. Envie outra.",
            "The photo is too long: each side may have up to {side} pixels and be up to {ratio} "
            "times the other. Send another one.",
        ),
        Code.FACE_SWITCHED_OFF: Problem(
            503,
            "O reconhecimento facial não está disponível. Use o código do SMS.",
            "Face check-in isn't available. Use the code from your SMS.",
        ),
        Code.NOTHING_TO_CONFIRM: Problem(
            409,
            "Esta chegada já tem resposta.",
            "This check-in is not waiting for a confirmation.",
        ),
        Code.CONFIRMATION_FAILED: Problem(
            409,
            "Não coincide com o que temos registado. Tentativas restantes: {remaining}.",
            "That doesn't match our records. Tries left: {remaining}.",
        ),
        Code.LIVENESS_NOT_SET_UP: Problem(
            409,
            "Neste quiosque o reconhecimento é feito por fotografia.",
            "At this kiosk a photo is taken instead.",
        ),
        Code.LIVENESS_OVER: Problem(
            409,
            "Este vídeo já não serve. Comece de novo.",
            "This video can't be used any more. Start again.",
        ),
    }
)
