import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import birth
from clinic.accounts.permissions import IsKiosk, IsPatient
from clinic.accounts.principals import actor_of
from clinic.accounts.requests import device_of, user_of
from clinic.core import problems, ratelimit
from clinic.core.api import answers, validated
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from recognition import images, screens, selectors, serializers
from recognition.errors import Code
from recognition.models import CheckInStatus
from recognition.services import check_in, enrolment, liveness

FORM_OVERHEAD = 64 * 1024
# Guessing with frames gains nothing; the limit keeps one kiosk from taking up the whole worker.
PHOTOS_A_MINUTE = 180
CODES_A_MINUTE = 60
# Each one costs money and takes about ten seconds.
VIDEOS_A_MINUTE = 20
CONFIRMATIONS_A_MINUTE = 60
ENROLMENTS_AN_HOUR = 30


class FaceView(APIView):
    """A patient's own face registration."""

    permission_classes = (IsPatient,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="me_face",
        tags=["recognition"],
        responses=answers({200: serializers.FaceRegistration}, 401, 403),
        summary="My face registration and the consent text",
        description="The state of the registration, why it failed if it did, and the consent text "
        "in both languages.",
    )
    def get(self, request: Request) -> Response:
        return Response(_registration(request))

    @extend_schema(
        operation_id="me_face_enrol",
        tags=["recognition"],
        request={"multipart/form-data": serializers.FaceUpload},
        responses=answers(
            {202: serializers.FaceRegistration}, 400, 401, 403, 409, 413, 415, 429, 503
        ),
        summary="Give consent and enrol my face from one to five photos",
        description="400 `consent_required`, 409 `adult_required` without an adult's birth date. "
        "A worker looks at the photos: repeat GET until the status is no longer "
        "`processing`. A new upload replaces one that is still being processed.",
    )
    def put(self, request: Request) -> Response:
        _refuse_oversized(request, enrolment.MAX_PHOTOS)
        form = validated(serializers.FaceUpload(data=request.data))
        if not form["consent"]:
            raise DomainError(Code.CONSENT_REQUIRED, pointer="/consent")
        patient = user_of(request)
        if not birth.is_adult(patient.birth_date):
            raise DomainError(Code.ADULT_REQUIRED)
        ratelimit.hit("face_enrolment", str(patient.pk), limit=ENROLMENTS_AN_HOUR, seconds=3600)
        enrolment.begin(
            patient_id=patient.pk,
            jpegs=[
                _intake(upload, f"/images/{position}")
                for position, upload in enumerate(form["images"])
            ],
            language=translation.get_language() or "pt",
            actor=actor_of(request.user),
        )
        return Response(_registration(request), status=202)

    @extend_schema(
        operation_id="me_face_withdraw",
        tags=["recognition"],
        responses=answers({204: None}, 401, 403),
        summary="Withdraw my consent and erase my face, now",
        description="What the clinic keeps is erased before the answer. What a provider keeps is "
        "erased afterwards, and retried until it is gone.",
    )
    def delete(self, request: Request) -> Response:
        enrolment.withdraw(patient_id=user_of(request).pk, actor=actor_of(request.user))
        return Response(status=204)


class CheckInsView(APIView):
    """A kiosk's check-ins."""

    permission_classes = (IsKiosk,)
    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(
        operation_id="check_in",
        tags=["recognition"],
        request={
            "multipart/form-data": serializers.CheckInPhoto,
            "application/json": serializers.CheckInCode,
        },
        responses=answers(
            {202: serializers.CheckInAccepted}, 400, 401, 403, 409, 413, 415, 429, 503
        ),
        summary="Check in by photo, by a video's liveness session, or by code",
        description="The answer comes as a `check_in` frame on the kiosk's socket and by GET. 409 "
        "`liveness_over` if the session was used, is too old or belongs to another "
        "kiosk.",
    )
    def post(self, request: Request) -> Response:
        _refuse_oversized(request, 1)
        device_id = device_of(request).pk
        is_photo = (request.content_type or "").startswith("multipart/")
        ratelimit.hit(
            "check_in_photo" if is_photo else "check_in_code",
            str(device_id),
            limit=PHOTOS_A_MINUTE if is_photo else CODES_A_MINUTE,
            seconds=60,
        )
        if is_photo:
            form = validated(serializers.CheckInPhoto(data=request.data))
            made = check_in.by_photo(device_id=device_id, jpeg=_intake(form["image"], "/image"))
        else:
            body = validated(serializers.CheckInCode(data=request.data))
            made = (
                check_in.by_code(device_id=device_id, code=body["code"])
                if "code" in body
                else check_in.by_video(device_id=device_id, session_id=body["liveness"])
            )
        accepted = {"id": made.id, "status": CheckInStatus.PROCESSING}
        return Response(serializers.CheckInAccepted(accepted).data, status=202)


class LivenessView(APIView):
    """The video that shows a living person at the kiosk, where the clinic has set that up."""

    permission_classes = (IsKiosk,)

    @extend_schema(
        operation_id="check_in_liveness",
        tags=["recognition"],
        responses=answers({200: serializers.LivenessAvailable}, 401, 403),
        summary="Whether a check-in by face begins with a video",
        description="Where it is `false`, take a photo.",
    )
    def get(self, _request: Request) -> Response:
        shown = {"available": liveness.is_available()}
        return Response(serializers.LivenessAvailable(shown).data)

    @extend_schema(
        operation_id="check_in_liveness_begin",
        tags=["recognition"],
        request=None,
        responses=answers({201: serializers.LivenessSession}, 401, 403, 409, 429, 503),
        summary="A session for one video, and the key to stream it to the provider",
        description="409 `liveness_not_set_up`: take a photo instead. 429 and 503: the code helps.",
    )
    def post(self, request: Request) -> Response:
        device_id = device_of(request).pk
        ratelimit.hit("check_in_liveness", str(device_id), limit=VIDEOS_A_MINUTE, seconds=60)
        filming = liveness.begin(device_id=device_id)
        shown = {
            "session_id": filming.id,
            "region": filming.region,
            "credentials": filming.key,
        }
        return Response(serializers.LivenessSession(shown).data, status=201)


class CheckInView(APIView):
    permission_classes = (IsKiosk,)

    @extend_schema(
        operation_id="check_in_result",
        tags=["recognition"],
        responses=answers({200: screens.CheckInResult}, 401, 403, 404),
        summary="The answer to a check-in of this kiosk",
        description="The body of the `check_in` frame, for a kiosk whose socket is down.",
    )
    def get(self, request: Request, check_in_id: uuid.UUID) -> Response:
        if selectors.check_in_of_kiosk(check_in_id, device_of(request).pk) is None:
            raise DomainError(CoreCode.NOT_FOUND)
        return Response(screens.check_in_body(check_in_id))


class ConfirmView(APIView):
    permission_classes = (IsKiosk,)

    @extend_schema(
        operation_id="check_in_confirm",
        tags=["recognition"],
        request=serializers.Confirmation,
        responses=answers(
            {200: screens.CheckInResult},
            400,
            401,
            403,
            404,
            429,
            own={409: serializers.ConfirmationProblem},
        ),
        summary="Settle an unsure match with the birth year or the code",
        description="Three tries. `confirmation_failed` tells how many are left; after the last "
        "one the check-in is `not_recognised`.",
    )
    def post(self, request: Request, check_in_id: uuid.UUID) -> Response:
        device_id = device_of(request).pk
        ratelimit.hit("check_in_confirm", str(device_id), limit=CONFIRMATIONS_A_MINUTE, seconds=60)
        factor = validated(serializers.Confirmation(data=request.data))
        remaining = check_in.confirm(check_in_id, device_id=device_id, **factor)
        if remaining is not None:
            return _confirmation_failed(remaining)
        return Response(screens.check_in_body(check_in_id))


def _registration(request: Request) -> dict[str, Any]:
    patient = user_of(request)
    state = selectors.face_state(patient.pk, patient.birth_date)
    shown = {
        "status": state.status,
        "reasons": state.reasons,
        "engine": state.engine,
        "enrolled_at": state.enrolled_at,
        "expires_at": state.expires_at,
        "consent": {
            "version": state.consent.version,
            "text_pt": state.consent.pt,
            "text_en": state.consent.en,
            "given_at": state.consent_given_at,
        },
        "adult": state.adult,
        "recommended_photos": enrolment.RECOMMENDED_PHOTOS,
        "max_photos": enrolment.MAX_PHOTOS,
    }
    return dict(serializers.FaceRegistration(shown).data)


def _refuse_oversized(request: Request, photos: int) -> None:
    """Refuse a body by its declared length, before any of it is parsed."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > photos * images.MAX_BYTES + FORM_OVERHEAD:
        raise DomainError(Code.IMAGE_TOO_LARGE)


def _intake(upload: "UploadedFile[Any]", pointer: str) -> bytes:
    """Like `images.clean`; the DomainError it raises also names this photo."""
    try:
        if (upload.size or 0) > images.MAX_BYTES:
            raise DomainError(Code.IMAGE_TOO_LARGE)
        return images.clean(upload.read())
    except DomainError as error:
        error.pointer = pointer
        raise


def _confirmation_failed(remaining: int) -> Response:
    """The try is counted, so this is an answer, not an exception that would undo it."""
    error = DomainError(
        Code.CONFIRMATION_FAILED, members={"remaining": remaining}, remaining=remaining
    )
    return Response(
        problems.body(error),
        status=error.problem.status,
        content_type=problems.CONTENT_TYPE,
    )
