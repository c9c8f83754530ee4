from typing import Any

from rest_framework import serializers

from booking import codes
from clinic.core.problems import ProblemDetails
from recognition.engines.base import OTHER_PERSON, Flaw
from recognition.models import CheckInStatus, EnrolmentStatus
from recognition.services import enrolment

EARLIEST_BIRTH_YEAR = 1900
LATEST_BIRTH_YEAR = 2100
# Room for spaces and dashes that people type between the characters.
TYPED_CODE_LENGTH = codes.CHECK_IN_LENGTH * 3

FLAWS = [(flaw.value, flaw.value) for flaw in Flaw]
REASONS = [
    *FLAWS,
    *((code, code) for code in (OTHER_PERSON, enrolment.UNREADABLE)),
    (enrolment.UNAVAILABLE, enrolment.UNAVAILABLE),
]


class FaceUpload(serializers.Serializer[Any]):
    """Multipart form: one to five photos of the same person, and the consent."""

    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, use_url=False),
        min_length=1,
        max_length=enrolment.MAX_PHOTOS,
        help_text="JPEG, PNG or WebP; at most 8 MB and 20 megapixels each (WebP: 8 megapixels)",
    )
    consent = serializers.BooleanField(
        required=False, default=False, help_text="Must be true: the answer to the consent text"
    )


class FaceReason(serializers.Serializer[Any]):
    photo = serializers.IntegerField(
        allow_null=True, help_text="Position of the photo in the upload, from 1; null for all"
    )
    code = serializers.ChoiceField(choices=REASONS)


class FaceConsent(serializers.Serializer[Any]):
    version = serializers.CharField()
    text_pt = serializers.CharField()
    text_en = serializers.CharField()
    given_at = serializers.DateTimeField(allow_null=True)


class FaceRegistration(serializers.Serializer[Any]):
    """A patient's face registration, the consent text in force, and whether they may enrol."""

    status = serializers.ChoiceField(choices=EnrolmentStatus.choices)
    reasons = FaceReason(many=True)
    engine = serializers.CharField(allow_null=True)
    enrolled_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    consent = FaceConsent()
    adult = serializers.BooleanField()
    recommended_photos = serializers.IntegerField()
    max_photos = serializers.IntegerField()


class CheckInPhoto(serializers.Serializer[Any]):
    """Multipart form: the frame that the kiosk took after a tap."""

    image = serializers.FileField(allow_empty_file=True, use_url=False)


class CheckInCode(serializers.Serializer[Any]):
    """Exactly one of the two."""

    code = serializers.CharField(
        required=False,
        max_length=TYPED_CODE_LENGTH,
        help_text="From the SMS or its QR; case and spaces don't count",
    )
    liveness = serializers.UUIDField(
        required=False, help_text="The session whose video this kiosk has streamed"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(
                "Give either the code or the liveness session.", code="one_of_two"
            )
        return attrs


class LivenessAvailable(serializers.Serializer[Any]):
    available = serializers.BooleanField(
        help_text="Whether a check-in by face begins with a video here"
    )


class StreamKey(serializers.Serializer[Any]):
    """Good for a Face Liveness stream and nothing else; forget it when its session ends."""

    access_key_id = serializers.CharField()
    secret_access_key = serializers.CharField()
    session_token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class LivenessSession(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    region = serializers.CharField(
        help_text=("The provider's region, to which the video is streamed")
    )
    credentials = StreamKey()


class CheckInAccepted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[(CheckInStatus.PROCESSING.value, "processing")])


class Confirmation(serializers.Serializer[Any]):
    """Exactly one of the two."""

    birth_year = serializers.IntegerField(
        required=False, min_value=EARLIEST_BIRTH_YEAR, max_value=LATEST_BIRTH_YEAR
    )
    code = serializers.CharField(required=False, max_length=TYPED_CODE_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(
                "Give either the birth year or the code.", code="one_of_two"
            )
        return attrs


class ConfirmationProblem(ProblemDetails):
    """`confirmation_failed` also tells how many tries are left."""

    remaining = serializers.IntegerField(required=False)
