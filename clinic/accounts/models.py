"""Who may come in: people, their sessions, and the devices of the building."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from ua_parser import parse

from clinic.accounts import birth
from clinic.accounts.choices import (
    ROOM_MAX_LENGTH,
    STAFF_ROLES,
    TICKET_MAX_LENGTH,
    BoardState,
    DeviceKind,
    LabelChoice,
    Language,
    Picture,
    Purpose,
    Role,
    SoundState,
)
from clinic.accounts.names import FULL_NAME_MAX_LENGTH, validate_full_name
from clinic.accounts.phones import validate_phone
from clinic.core import clock
from clinic.core.columns import LineColumn, plain

USERNAME_MAX_LENGTH = 150
USER_AGENT_MAX_LENGTH = 200
VERSION_MAX_LENGTH = 40

# Takes the place of the name of a person who had their data erased.
ERASED_NAME = "–"

# How long a login lasts when idle, and at most.
STAFF_IDLE, STAFF_LIMIT = timedelta(minutes=30), timedelta(hours=12)
PATIENT_IDLE, PATIENT_LIMIT = timedelta(days=30), timedelta(days=180)

# A device that has been silent for this long has to be paired again.
DEVICE_IDLE = timedelta(days=90)

# ASCII only: look-alike letters can't imitate a colleague, and lower() means the same in every
# database locale.
username_characters = RegexValidator(
    r"\A[A-Za-z0-9.@+_-]+\Z",
    "Use letters, digits and @ . + - _ only.",
    code="username_characters",
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Save a user; without a password nobody can log in as them."""
        user = self.model(username=username, **fields)
        user.email = self.normalize_email(user.email)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str, **fields: Any) -> "User":
        """Save a manager who may also open the administration site."""
        fields = {"role": Role.MANAGER, "full_name": username} | fields
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that name in any case. Raises User.DoesNotExist."""
        return self.alias(lowered=Lower("username")).get(lowered=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. A walk-in without an account is a user whose password is unusable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        max_length=USERNAME_MAX_LENGTH, unique=True, validators=[username_characters]
    )
    full_name = LineColumn(max_length=FULL_NAME_MAX_LENGTH, validators=[validate_full_name])
    email = models.EmailField(blank=True)
    phone = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text="E.164, such as +351912345678",
    )
    phone_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    birth_date = models.DateField(null=True, blank=True, validators=[birth.validate])
    birth_date_decided_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since when something rests on it, so that its owner can't change it",
    )
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.PORTUGUESE)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.PATIENT)
    label_choice = models.CharField(
        max_length=8, choices=LabelChoice.choices, default=LabelChoice.SHORT
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(
        "may open the administration site",
        default=False,
        help_text="Unrelated to the role: clinic staff don't need it.",
    )
    date_joined = models.DateTimeField(default=clock.now, editable=False)
    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=("Since when nothing says who it was"),
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("full_name", "id")
        indexes = (
            models.Index(
                fields=["phone"],
                condition=models.Q(phone_verified_at__isnull=False),
                name="user_by_phone",
            ),
            models.Index(
                Lower("email"),
                condition=models.Q(email_verified_at__isnull=False),
                name="user_by_email",
            ),
        )
        constraints = (
            models.UniqueConstraint(Lower("username"), name="user_username_any_case"),
            models.CheckConstraint(
                condition=models.Q(phone_verified_at__isnull=True) | ~models.Q(phone=""),
                name="user_verified_phone_is_one",
            ),
            models.CheckConstraint(
                condition=models.Q(email_verified_at__isnull=True) | ~models.Q(email=""),
                name="user_verified_email_is_one",
            ),
            plain("user_text_is_plain", "full_name", "email"),
            models.CheckConstraint(
                condition=models.Q(
                    birth_date__gte=birth.EARLIEST, birth_date__year__lt=clock.YEARS.stop
                ),
                name="user_birth_date_can_be",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="user_language_known"
            ),
            models.CheckConstraint(
                condition=models.Q(label_choice__in=LabelChoice.values),
                name="user_label_choice_known",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True)
                | models.Q(
                    full_name=ERASED_NAME, email="", phone="", birth_date=None, is_active=False
                ),
                name="user_erased_is_nobody",
            ),
        )

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ", 1)[0]

    @property
    def is_clinic_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def phone_verified(self) -> bool:
        return self.phone_verified_at is not None

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None


class OneTimeCode(models.Model):
    """A secret that was sent to a person, who gives it back once. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="codes")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    sent_to = models.CharField(max_length=254, help_text="Counts only while it is still theirs")
    digest = models.CharField(max_length=64)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["expires_at"], name="code_by_end"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values), name="code_purpose_known"
            ),
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=models.Q(used_at__isnull=True),
                name="one_open_code_for_a_purpose",
            ),
            models.UniqueConstraint(
                fields=["digest"],
                condition=models.Q(purpose=Purpose.PASSWORD),
                name="code_of_a_link_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class Session(models.Model):
    """One login of one person. The row decides; the tokens only point at it.

    `jti` names the pair of tokens that is valid now, `prev_jti` the one it replaced. While
    `is_seen` is false the new pair hasn't been used yet: the answer with it may have been lost.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    jti = models.UUIDField()
    prev_jti = models.UUIDField(null=True, blank=True)
    prev_at = models.DateTimeField(null=True, blank=True)
    is_seen = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="Login or the latest refresh")
    expires_at = models.DateTimeField(help_text="The absolute end, however active it is")
    revoked_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=USER_AGENT_MAX_LENGTH, blank=True)
    address = models.CharField(
        max_length=45, blank=True, help_text="Of the login or latest refresh"
    )

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=["user"],
                condition=models.Q(revoked_at__isnull=True),
                name="session_open_by_user",
            ),
            models.Index(fields=["expires_at"], name="session_by_end"),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def device_name(self) -> str:
        """The browser and the system, as far as the browser told; empty if it didn't."""
        told = parse(self.user_agent)
        known = (told.user_agent, told.os)
        return ", ".join(part.family for part in known if part is not None)

    @property
    def ends_at(self) -> datetime:
        """When this login ends unless something renews it. Reads the user."""
        idle = STAFF_IDLE if self.user.is_clinic_staff else PATIENT_IDLE
        return min(self.expires_at, self.last_seen_at + idle)

    def is_live(self, at: datetime) -> bool:
        """Whether its tokens count. Reads the user."""
        return self.revoked_at is None and self.user.is_active and at < self.ends_at


def _both_or_none(setting: str, one: str, other: str) -> models.CheckConstraint:
    first, second = f"{setting}_{one}__isnull", f"{setting}_{other}__isnull"
    return models.CheckConstraint(
        condition=models.Q(**{first: True, second: True})
        | models.Q(**{first: False, second: False}),
        name=f"device_{setting}_whole",
    )


class Device(models.Model):
    """A screen in the building, with its own credential, which can be revoked on its own.

    It begins with a short code; pairing replaces the code with a token. Only digests of them are
    kept. `paired_by` holds the code until the token is first used: the answer with it may have been
    lost.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=DeviceKind.choices)
    name = LineColumn(max_length=60)
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_from = models.CharField(max_length=64, blank=True, editable=False)
    paired_by = models.CharField(
        max_length=64, blank=True, db_default="", editable=False, help_text="Until it is seen"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    paired_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    # What staff set for a display. A kiosk has none of these.
    rooms = ArrayField(
        models.CharField(max_length=ROOM_MAX_LENGTH),
        default=list,
        blank=True,
        help_text="Names of the rooms whose calls it shows; none stands for all",
    )
    panel_inches = models.PositiveSmallIntegerField(null=True, blank=True)
    panel_metres = models.DecimalField(
        max_digits=3, decimal_places=1, null=True, blank=True, help_text="To the farthest seat"
    )
    volume = models.PositiveSmallIntegerField(default=100, help_text="Per cent; 0 is mute")
    quiet_starts = models.TimeField(null=True, blank=True, help_text="No sound from here")
    quiet_ends = models.TimeField(null=True, blank=True)
    night_starts = models.TimeField(null=True, blank=True, default=time(21), help_text="Dimmed")
    night_ends = models.TimeField(null=True, blank=True, default=time(6))

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=DeviceKind.values), name="device_kind_known"
            ),
            models.CheckConstraint(condition=models.Q(volume__lte=100), name="device_volume"),
            plain("device_text_is_plain", "name"),
            _both_or_none("panel", "inches", "metres"),
            _both_or_none("quiet", "starts", "ends"),
            _both_or_none("night", "starts", "ends"),
            models.UniqueConstraint(
                fields=["token_hash"],
                condition=~models.Q(token_hash=""),
                name="device_token_unique",
            ),
            models.UniqueConstraint(
                fields=["code_hash"],
                condition=~models.Q(code_hash=""),
                name="device_code_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(paired_at__isnull=True, token_hash="")
                | models.Q(paired_at__isnull=False) & ~models.Q(token_hash=""),
                name="device_paired_has_token",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def is_live(self, at: datetime) -> bool:
        """Whether its token counts."""
        return (
            self.revoked_at is None
            and self.last_seen_at is not None
            and at < self.last_seen_at + DEVICE_IDLE
        )

    @property
    def settings(self) -> "Device | None":
        """The device itself if it is a display, since a kiosk has no settings."""
        return self if self.kind == DeviceKind.DISPLAY else None

    @property
    def panel(self) -> dict[str, Any] | None:
        """The panel's diagonal and the farthest seat, which together give the size of the type."""
        if self.panel_inches is None:
            return None
        return {"inches": self.panel_inches, "farthest_seat_metres": self.panel_metres}

    @property
    def quiet(self) -> dict[str, Any] | None:
        """The hours without sound."""
        return _hours(self.quiet_starts, self.quiet_ends)

    @property
    def night(self) -> dict[str, Any] | None:
        """The hours in which an idle screen is dimmed."""
        return _hours(self.night_starts, self.night_ends)


def _hours(starts: time | None, ends: time | None) -> dict[str, Any] | None:
    return {"starts": starts, "ends": ends} if starts is not None else None


class ScreenStatus(models.Model):
    """A display's last report about itself; one row per display, overwritten each time."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="status"
    )
    reported_at = models.DateTimeField()
    version = models.CharField(max_length=VERSION_MAX_LENGTH, blank=True)
    sound = models.CharField(max_length=8, choices=SoundState.choices)
    board = models.CharField(max_length=8, choices=BoardState.choices)
    picture = models.CharField(max_length=12, choices=Picture.choices)
    revision = models.PositiveBigIntegerField(null=True, blank=True)
    tickets = ArrayField(
        models.CharField(max_length=TICKET_MAX_LENGTH), help_text="On show, never a name"
    )
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "screen statuses"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    sound__in=SoundState.values,
                    board__in=BoardState.values,
                    picture__in=Picture.values,
                ),
                name="screen_status_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.picture}"
