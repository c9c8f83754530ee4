from typing import Any

from rest_framework import serializers

from recognition.models import DayTally
from recognition.privacy.looks import KINDS

RUNS = [(place, place) for place in ("off", "local", "amazon", "outside")]
PLACES = [(place, place) for place in ("database", "s3", "folder", "amazon")]
VIEWERS = [(viewer, viewer) for viewer in ("patient", "kiosk", "manager")]
DATA = [
    (what, what)
    for what in (
        "copy",
        "template",
        "upload",
        "frame",
        "orphan",
        "session",
        "candidates",
        "check_in",
        "consent",
        "audit",
        "tally",
    )
]


class PrivacyEngine(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Empty where face recognition is switched off")
    runs = serializers.ChoiceField(
        choices=RUNS, help_text="`outside`: not known to work on the clinic's own machines"
    )
    accept = serializers.FloatField(
        allow_null=True,
        help_text="`local`: a distance; `amazon`: a similarity in percent; null: not known",
    )
    confirm = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    liveness = serializers.FloatField(
        allow_null=True,
        help_text=(
            "How sure, out of 100, the check must be that a video shows a living person; null:"
            " not checked"
        ),
    )


class CheckInRules(serializers.Serializer[Any]):
    always_confirm = serializers.BooleanField(
        help_text="A second factor is asked for also when the face is sure"
    )


class TemplatesOfEngine(serializers.Serializer[Any]):
    engine = serializers.CharField()
    templates = serializers.IntegerField()


class PrivacyTemplates(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    older_key = serializers.IntegerField(help_text="Under a key that is being replaced")
    unreadable = serializers.IntegerField(help_text="Under a key that FACE_KEY doesn't name")
    by_engine = TemplatesOfEngine(many=True)


class PrivacyRetention(serializers.Serializer[Any]):
    every_seconds = serializers.IntegerField()
    pictures_every_seconds = serializers.IntegerField(
        help_text="The same for pictures and for unsure matches"
    )
    last_run = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField(
        help_text=(
            "No clean-up has finished within the time of two, although there is something to"
            " clean up"
        )
    )
    overdue_faces = serializers.IntegerField(help_text="Expired and not yet erased")
    undone_erasures = serializers.IntegerField(
        help_text="How many erasures of an upload's faces a provider has not confirmed yet"
    )


class KeptData(serializers.Serializer[Any]):
    """After `months` or `seconds` the next clean-up erases it; with neither it stays."""

    what = serializers.ChoiceField(choices=DATA)
    place = serializers.ChoiceField(choices=PLACES)
    seen_by = serializers.ListField(child=serializers.ChoiceField(choices=VIEWERS))
    records = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    months = serializers.IntegerField(allow_null=True)
    seconds = serializers.IntegerField(allow_null=True)


class CheckInsOfDay(serializers.ModelSerializer[DayTally]):
    class Meta:
        model = DayTally
        fields = (
            "day",
            "accepted",
            "confirmed",
            "unknown",
            "unusable",
            "unavailable",
            "by_code",
            "liveness_passed",
            "liveness_failed",
            "liveness_not_assessed",
        )
        read_only_fields = fields


class GuessedFor(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField()


class SpentTries(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(
        choices=[(kind, kind) for kind in KINDS.values()],
        help_text="`factor`: a person's second factors in a day; `code`: a kiosk's wrong codes in "
        "an hour",
    )
    kiosk = serializers.CharField(help_text="Its name")
    patient = GuessedFor(allow_null=True, help_text="null for codes, which belong to nobody")


class PrivacyReport(serializers.Serializer[Any]):
    """What is kept about faces, where, how long, and who may see it. Nobody is named."""

    generated_at = serializers.DateTimeField()
    engine = PrivacyEngine()
    rules = CheckInRules()
    consent_version = serializers.CharField()
    consents_in_force = serializers.IntegerField()
    patients_enrolled = serializers.IntegerField()
    templates = PrivacyTemplates()
    retention = PrivacyRetention()
    kept = KeptData(many=True)
    days = CheckInsOfDay(many=True)
