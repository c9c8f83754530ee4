import hashlib
import uuid
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.db.models import Case, OuterRef, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Cast

from clinic.accounts import tokens
from clinic.accounts.choices import STAFF_ROLES
from clinic.accounts.models import Device, Session, User
from clinic.core import audit, clock

if TYPE_CHECKING:
    from clinic.core.models import AuditEntry


def session_of(claims: tokens.Claims) -> Session | None:
    """The live session, with its user, to which an access token belongs. The session's current pair
    is valid, and so is the one before it, for requests under way."""
    session = Session.objects.select_related("user").filter(pk=claims.session_id).first()
    if session is None or not session.is_live(clock.now()):
        return None
    return session if claims.jti in {session.jti, session.prev_jti} else None


def live_sessions(user: User) -> list[Session]:
    """The user's own sessions that still count, the one used last first."""
    now = clock.now()
    open_ones = Session.objects.select_related("user").filter(user=user, revoked_at=None)
    return [one for one in open_ones.order_by("-last_seen_at", "pk") if one.is_live(now)]


def token_digest(raw: str) -> str:
    """What we keep of a device's token. It is random enough to need no slow hash."""
    return hashlib.sha256(raw.encode()).hexdigest()


def device_from_token(raw: str) -> Device | None:
    """The paired device with this token, unless it was revoked or silent for too long."""
    if not raw:
        return None
    device = Device.objects.filter(token_hash=token_digest(raw)).first()
    return device if device is not None and device.is_live(clock.now()) else None


def live_devices() -> dict[str, Device]:
    """Every device whose token counts, by the token's digest."""
    now = clock.now()
    paired = Device.objects.filter(revoked_at=None, last_seen_at__isnull=False)
    return {device.token_hash: device for device in paired if device.is_live(now)}


def live_device_ids(device_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the devices whose tokens still count."""
    now = clock.now()
    return {device.pk for device in Device.objects.filter(pk__in=device_ids) if device.is_live(now)}


def live_session_roles(session_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The present role of the user of each session that is still alive."""
    now = clock.now()
    sessions = Session.objects.select_related("user").filter(pk__in=session_ids)
    return {session.pk: session.user.role for session in sessions if session.is_live(now)}


def devices() -> QuerySet[Device]:
    """All devices, newest first, revoked ones too, each with its last report about itself."""
    return Device.objects.select_related("status")


def accesses(patient_id: uuid.UUID) -> "QuerySet[AuditEntry]":
    """Every recorded look at and change of a patient's record, newest first."""
    return audit.entries_about(patient_id)


def newest_changes(
    subject_type: str, subject_ids: Iterable[str]
) -> "Iterable[tuple[AuditEntry, str]]":
    """The newest change of each of these records, with the name of the staff member who made it; no
    name for a patient, a device or the system. One query."""
    ids = list(subject_ids)
    if not ids:
        return []
    user_id = Case(When(actor_kind="user", then=Cast("actor_id", UUIDField())))
    staff = User.objects.filter(pk=OuterRef("user_id"), role__in=STAFF_ROLES)
    entries = audit.newest_changes(subject_type, ids).annotate(
        user_id=user_id, staff_name=Subquery(staff.values("full_name"))
    )
    return [(entry, entry.staff_name or "") for entry in entries]


def staff_names(user_ids: Iterable[str]) -> dict[str, str]:
    """Full names of those users who are staff, by id."""
    ids = {uuid.UUID(user_id) for user_id in user_ids}
    staff = User.objects.filter(pk__in=ids, role__in=STAFF_ROLES)
    return {str(pk): name for pk, name in staff.values_list("pk", "full_name")}
