"""Everything that writes accounts. One function is one transaction."""

from clinic.accounts.services.devices import (
    NewDevice,
    PairedDevice,
    change_device,
    create_device,
    pair_device,
    report_status,
    revoke_device,
    room_was_renamed,
    touch_device,
    touch_devices,
)
from clinic.accounts.services.erasure import erase_own_account, erase_patient
from clinic.accounts.services.people import (
    change_password,
    create_user,
    password_was_reset,
    register,
    update_profile,
)
from clinic.accounts.services.sessions import (
    SignedIn,
    login,
    logout,
    purge_sessions,
    refresh,
    revoke_session,
    revoke_sessions,
    session_user,
    verify_credentials,
)

__all__ = [
    "NewDevice",
    "PairedDevice",
    "SignedIn",
    "change_device",
    "change_password",
    "create_device",
    "create_user",
    "erase_own_account",
    "erase_patient",
    "login",
    "logout",
    "pair_device",
    "password_was_reset",
    "purge_sessions",
    "refresh",
    "register",
    "report_status",
    "revoke_device",
    "revoke_session",
    "revoke_sessions",
    "room_was_renamed",
    "session_user",
    "touch_device",
    "touch_devices",
    "update_profile",
    "verify_credentials",
]
