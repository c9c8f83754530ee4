import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as PasswordRefused
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from clinic.accounts import logins, services
from clinic.accounts.choices import (
    CODE_DIGITS,
    ROOM_MAX_LENGTH,
    TICKET_MAX_LENGTH,
    BoardState,
    DeviceKind,
    LabelChoice,
    Language,
    Picture,
    Role,
    SoundState,
)
from clinic.accounts.fields import BirthDateField, FullNameField, MobileField
from clinic.accounts.models import (
    USERNAME_MAX_LENGTH,
    VERSION_MAX_LENGTH,
    Session,
    User,
    username_characters,
)
from clinic.core.fields import Email, Line
from clinic.core.models import AuditEntry

PASSWORD_MAX_LENGTH = 256
LOGIN_MAX_LENGTH = 254
LINK_TOKEN_MAX_LENGTH = 100
CONTACTS = ("username", "email", "phone")


def check_password(password: str, user: User, field: str) -> None:
    """Raise the serializer's error for `field` unless Django's validators accept the password."""
    try:
        validate_password(password, user=user)
    except PasswordRefused as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from error


class PasswordField(serializers.CharField):
    """Taken exactly as typed, and never returned."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=PASSWORD_MAX_LENGTH,
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
            **kwargs,
        )


class DigitsField(serializers.RegexField):
    """Six digits; people may type them in groups."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rf"\A[0-9]{{{CODE_DIGITS}}}\Z", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return re.sub(r"[\s-]", "", super().to_internal_value(data))


class CsrfToken(serializers.Serializer[Any]):
    csrf_token = serializers.CharField(help_text="Value for the X-CSRFToken header")


class Me(serializers.Serializer[User]):
    """A person as they see themselves."""

    id = serializers.UUIDField(read_only=True)
    username = serializers.CharField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    full_name = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    birth_date = serializers.DateField(allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices)
    label_choice = serializers.ChoiceField(choices=LabelChoice.choices)
    phone_verified = serializers.BooleanField(read_only=True)
    email_verified = serializers.BooleanField(read_only=True)


class Registration(serializers.Serializer[Any]):
    username = serializers.CharField(
        max_length=USERNAME_MAX_LENGTH, validators=[username_characters]
    )
    password = PasswordField()
    full_name = FullNameField()
    email = Email()
    phone = MobileField()
    birth_date = BirthDateField(required=False, allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("language") is None:
            attrs["language"] = Language.PORTUGUESE
        person = User(
            username=attrs["username"], full_name=attrs["full_name"], email=attrs["email"]
        )
        check_password(attrs["password"], person, "password")
        if logins.is_contact_of_another(**{name: attrs[name] for name in CONTACTS}):
            raise serializers.ValidationError(
                {
                    "username": serializers.ErrorDetail(
                        "A phone or e-mail address can only be your own.",
                        code="username_is_a_contact",
                    )
                }
            )
        return attrs


class Credentials(serializers.Serializer[Any]):
    username = serializers.CharField(
        max_length=LOGIN_MAX_LENGTH,
        help_text="The username, a verified e-mail address, or a verified phone number",
    )
    password = PasswordField()


class Login(serializers.Serializer[Any]):
    login = serializers.CharField(
        max_length=LOGIN_MAX_LENGTH,
        help_text="The username, a verified e-mail address, or a verified phone number",
    )


class OnItsWay(serializers.Serializer[Any]):
    """If there is such an account, its message is on its way."""

    minutes = serializers.IntegerField(help_text="How long what it says counts")


class OwnSession(serializers.Serializer[Any]):
    """One of a person's own sessions."""

    id = serializers.UUIDField()
    device = serializers.CharField(
        source="device_name", help_text="Such as `Firefox, Windows`; empty if it didn't say"
    )
    address = serializers.CharField(help_text="Of the login or the latest renewal")
    started_at = serializers.DateTimeField(source="created_at")
    last_used_at = serializers.DateTimeField(
        source="last_seen_at", help_text="To some minutes: the login or the latest renewal"
    )
    is_this = serializers.SerializerMethodField()

    def get_is_this(self, session: Session) -> bool:
        this: Session = self.context["session"]
        return session.pk == this.pk


class SixDigits(serializers.Serializer[Any]):
    code = DigitsField()


class SignInCode(Login, SixDigits):
    """Who logs in, and the digits that were sent to their phone."""


class LinkToken(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=LINK_TOKEN_MAX_LENGTH)


class LinkOwner(serializers.Serializer[User]):
    username = serializers.CharField()


class PasswordReset(LinkToken):
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        owner = services.owner_of(attrs["token"]) or User()
        check_password(attrs["password"], owner, "password")
        return attrs


class OwnErasure(serializers.Serializer[Any]):
    password = PasswordField()


class PasswordChange(serializers.Serializer[Any]):
    current = PasswordField()
    new = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_password(attrs["new"], self.context["user"], "new")
        return attrs


class Change(serializers.Serializer[Any]):
    """Some of the fields; one that isn't listed is refused, not ignored."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping) and (refused := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {
                    name: serializers.ErrorDetail("This can't be changed here.", code="read_only")
                    for name in refused
                }
            )
        internal: dict[str, Any] = super().to_internal_value(data)
        return internal


class ProfileChange(Change):
    full_name = FullNameField(required=False)
    email = Email(required=False)
    phone = MobileField(required=False)
    birth_date = BirthDateField(required=False, allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    label_choice = serializers.ChoiceField(choices=LabelChoice.choices, required=False)


class DeviceInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=DeviceKind.choices)
    name = Line(max_length=60)


class Panel(Change):
    inches = serializers.IntegerField(min_value=10, max_value=120, help_text="Diagonal")
    farthest_seat_metres = serializers.DecimalField(
        max_digits=3, decimal_places=1, min_value=Decimal(1), max_value=Decimal(20)
    )


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"})
class ClockTime(serializers.TimeField):
    """Hour and minute on the clinic's clock. Not the schema's format `time`, which has seconds and
    an offset from UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class DailyHours(Change):
    """The same hours every day, on the clinic's clock; they may pass midnight."""

    starts = ClockTime()
    ends = ClockTime()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["starts"] == attrs["ends"]:
            raise serializers.ValidationError(
                {"ends": serializers.ErrorDetail("The same as the start.", code="same_as_start")}
            )
        return attrs


class DisplaySettings(Change):
    rooms = serializers.ListField(
        child=Line(max_length=ROOM_MAX_LENGTH),
        max_length=60,
        help_text="The rooms whose calls it shows and speaks; none stands for all",
    )
    panel = Panel(
        allow_null=True, help_text=("The type size follows from it; null for the usual size")
    )
    volume = serializers.IntegerField(min_value=0, max_value=100)
    quiet = DailyHours(allow_null=True, help_text="Neither chime nor speech; null for never")
    night = DailyHours(allow_null=True, help_text="Dimmed while idle; null for never")

    def validate_rooms(self, rooms: list[str]) -> list[str]:
        return sorted(set(rooms))


class DisplaySettingsChange(DisplaySettings):
    """Some of the settings; each is given whole."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False


class DeviceChange(Change):
    name = Line(max_length=60, required=False)
    settings = DisplaySettingsChange(required=False)


class ScreenReport(Change):
    """A display's report about itself. Tickets only: no name belongs here."""

    version = Line(max_length=VERSION_MAX_LENGTH, allow_blank=True)
    sound = serializers.ChoiceField(choices=SoundState.choices)
    board = serializers.ChoiceField(choices=BoardState.choices)
    picture = serializers.ChoiceField(choices=Picture.choices)
    revision = serializers.IntegerField(min_value=0, max_value=2**63 - 1, allow_null=True)
    tickets = serializers.ListField(
        child=serializers.RegexField(r"\A[A-Z][A-Z0-9]*\Z", max_length=TICKET_MAX_LENGTH),
        max_length=60,
        help_text="What is shown now, the call first",
    )
    width = serializers.IntegerField(min_value=1, max_value=20_000)
    height = serializers.IntegerField(min_value=1, max_value=20_000)


class ScreenStatus(ScreenReport):
    reported_at = serializers.DateTimeField()


class ThisDevice(serializers.Serializer[Any]):
    """A device as it sees itself."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DeviceKind.choices)
    name = serializers.CharField()
    settings = DisplaySettings(allow_null=True)


class Device(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DeviceKind.choices)
    name = serializers.CharField()
    paired_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    code_expires_at = serializers.DateTimeField(allow_null=True)
    settings = DisplaySettings(allow_null=True, help_text="Null for a kiosk")
    status = ScreenStatus(allow_null=True, help_text="What a display said of itself last")


class NewDevice(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="device.id")
    kind = serializers.ChoiceField(source="device.kind", choices=DeviceKind.choices)
    name = serializers.CharField(source="device.name")
    code = serializers.CharField(help_text="Six digits, shown only now")
    code_expires_at = serializers.DateTimeField(source="device.code_expires_at")


class PairingCode(serializers.Serializer[Any]):
    code = DigitsField(help_text="The six digits that the staff were given")


class PairedDevice(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="device.id")
    kind = serializers.ChoiceField(source="device.kind", choices=DeviceKind.choices)
    name = serializers.CharField(source="device.name")
    token = serializers.CharField(help_text="For clients that keep no cookies; shown only now")


class AccessActor(serializers.Serializer[AuditEntry]):
    kind = serializers.ChoiceField(
        source="actor_kind", choices=["user", "device", "system", "provider"]
    )
    role = serializers.CharField(source="actor_role", allow_blank=True)
    name = serializers.SerializerMethodField(help_text="Full name, for staff only")

    def get_name(self, entry: AuditEntry) -> str | None:
        names: dict[str, str] = self.context["staff_names"]
        return names.get(entry.actor_id)


class Access(serializers.Serializer[Any]):
    """One look at the record, or one change of it."""

    at = serializers.DateTimeField()
    action = serializers.CharField()
    subject = serializers.CharField(source="subject_type", allow_blank=True)
    actor = AccessActor(source="*")
