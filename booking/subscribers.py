"""What booking does when accounts announces something. Connected in the composition root."""

from booking.services import screens
from clinic.accounts.events import ProfileChanged


def on_profile_changed(event: ProfileChanged) -> None:
    """Runs in the writer's transaction, so that the new revision is there when it is announced."""
    screens.rename(event.user_id)
