"""What a patient agrees to, word for word, and who may agree.

A changed text is a changed version: add to `TEXTS`, never edit a version that somebody has signed.
"""

import hashlib
from dataclasses import dataclass

from recognition import engines

VALID_YEARS = 1


@dataclass(frozen=True, slots=True)
class ConsentText:
    version: str
    pt: str
    en: str

    @property
    def sha256(self) -> str:
        """Fingerprint of both languages, kept with every consent given."""
        return hashlib.sha256(f"{self.pt}\n\n{self.en}".encode()).hexdigest()


TEXTS: tuple[ConsentText, ...] = (
    ConsentText(
        version="1",
        pt=(
            "Autorizo a clínica a criar, a partir das fotografias que envio, uma representação "
            "numérica do meu rosto e a usá-la apenas para me reconhecer no quiosque da entrada, "
            "nos dias em que tenho consulta e depois de eu tocar no ecrã.\n"
            "As fotografias são apagadas logo que a representação esteja criada. A imagem tirada "
            "no quiosque é apagada assim que houver resposta. A representação é guardada cifrada, "
            "deixa de valer ao fim de 12 meses e não serve para mais nada.\n"
            "Esta autorização é voluntária. Posso retirá-la quando quiser, aqui mesmo, e tudo é "
            "apagado. Se não a der, faço a chegada no mesmo quiosque com o código do SMS, ou na "
            "receção, com o mesmo atendimento.\n"
            "Tenho 18 anos ou mais."
        ),
        en=(
            "I allow the clinic to derive a numeric representation of my face from the photos I "
            "send, and to use it only to recognise me at the entrance kiosk, on days when I have "
            "an appointment and after I touch the screen.\n"
            "The photos are erased as soon as the representation exists. The picture taken at the "
            "kiosk is erased once there is an answer. The representation is kept encrypted, ends "
            "after 12 months and serves no other purpose.\n"
            "This is voluntary. I can withdraw it at any time, right here, and everything is "
            "erased. If I don't allow it, I check in at the same kiosk with the code from my SMS, "
            "or at reception, and am treated no differently.\n"
            "I am 18 or older."
        ),
    ),
    ConsentText(
        version="2-amazon",
        pt=(
            "Autorizo a clínica a enviar as fotografias que escolho ao serviço Amazon Rekognition, "
            "que as trata por conta da clínica, para criar uma representação do meu rosto, e a "
            "usá-la apenas para me reconhecer no quiosque da entrada, nos dias em que tenho "
            "consulta e depois de eu tocar no ecrã.\n"
            "A imagem tirada no quiosque também é enviada a esse serviço e comparada com os rostos "
            "que a clínica lá tem; a clínica só usa o resultado de quem é esperado nesse dia. Nem "
            "as fotografias nem essa imagem lá ficam guardadas, e a clínica apaga-as assim que "
            "houver resposta. A representação fica guardada na Amazon, deixa de valer ao fim de "
            "12 meses e não serve para mais nada.\n"
            "Esta autorização é voluntária. Posso retirá-la quando quiser, aqui mesmo, e tudo é "
            "apagado, aqui e na Amazon. Se não a der, faço a chegada no mesmo quiosque com o "
            "código do SMS, ou na receção, com o mesmo atendimento.\n"
            "Tenho 18 anos ou mais."
        ),
        en=(
            "I allow the clinic to send the photos I choose to Amazon Rekognition, which works for "
            "the clinic, to derive a representation of my face, and to use it only to recognise "
            "me at the entrance kiosk, on days when I have an appointment and after I touch the "
            "screen.\n"
            "The picture taken at the kiosk is sent there too and compared with the faces that "
            "the clinic has there; the clinic uses the result only for those it expects that day. "
            "Neither the photos nor that picture stay there, and the clinic erases them once there "
            "is an answer. The representation is kept at Amazon, ends after 12 months and serves "
            "no other purpose.\n"
            "This is voluntary. I can withdraw it at any time, right here, and everything is "
            "erased, here and at Amazon. If I don't allow it, I check in at the same kiosk with "
            "the code from my SMS, or at reception, and am treated no differently.\n"
            "I am 18 or older."
        ),
    ),
    ConsentText(
        version="3-amazon-video",
        pt=(
            "Autorizo a clínica a enviar as fotografias que escolho ao serviço Amazon Rekognition, "
            "que as trata por conta da clínica, para criar uma representação do meu rosto, e a "
            "usá-la apenas para me reconhecer no quiosque da entrada, nos dias em que tenho "
            "consulta e depois de eu tocar no ecrã.\n"
            "No quiosque, um vídeo curto do meu rosto segue diretamente para esse serviço, que "
            "verifica se está ali uma pessoa e não uma imagem dela. A clínica não recebe o vídeo, "
            "só o resultado e uma imagem tirada dele; ao fim de três minutos deixam de se poder "
            "pedir. Essa imagem, ou a fotografia que o quiosque tire em vez do vídeo, é comparada "
            "com os rostos que a clínica tem na Amazon; a clínica só usa o resultado de quem é "
            "esperado nesse dia. Não guarda nem o vídeo nem a imagem, e apaga as fotografias assim "
            "que houver resposta. A representação fica guardada na Amazon, deixa de valer ao fim "
            "de 12 meses e não serve para mais nada.\n"
            "Esta autorização é voluntária. Posso retirá-la quando quiser, aqui mesmo, e tudo é "
            "apagado, aqui e na Amazon. Se não a der, faço a chegada no mesmo quiosque com o "
            "código do SMS, ou na receção, com o mesmo atendimento.\n"
            "Tenho 18 anos ou mais."
        ),
        en=(
            "I allow the clinic to send the photos I choose to Amazon Rekognition, which works for "
            "the clinic, to derive a representation of my face, and to use it only to recognise "
            "me at the entrance kiosk, on days when I have an appointment and after I touch the "
            "screen.\n"
            "At the kiosk a short video of my face goes straight to that service, which checks "
            "that a person stands there and not a picture of one. The clinic doesn't receive the "
            "video, only the result and one picture out of it; after three minutes these can't be "
            "asked for any more. That picture, or the photo that the kiosk takes in place of a "
            "video, is compared with the faces that the clinic has at Amazon; the clinic uses the "
            "result only for those it expects that day. It keeps neither the video nor the "
            "picture, and erases photos once there is an answer. The representation is kept at "
            "Amazon, ends after 12 months and serves no other purpose.\n"
            "This is voluntary. I can withdraw it at any time, right here, and everything is "
            "erased, here and at Amazon. If I don't allow it, I check in at the same kiosk with "
            "the code from my SMS, or at reception, and am treated no differently.\n"
            "I am 18 or older."
        ),
    ),
)


def current() -> ConsentText:
    """What a patient is asked today: the text that says where the engine in use keeps faces, and
    that mentions the video if the kiosk begins with one."""
    local, at_amazon, by_video = TEXTS
    if engines.checks_liveness():
        return by_video
    return at_amazon if engines.is_kept_by_a_provider() else local
