from django.db import migrations, models
from django.db.models import Q

from clinic.core import clock

PRESENT = ("called", "in_progress")


def end_what_cannot_be(apps, schema_editor):
    """Of treatments that share a therapist, a room or a patient the newest goes on and the others
    are finished; whoever is also called elsewhere waits again."""
    Appointment = apps.get_model("booking", "Appointment")
    AuditEntry = apps.get_model("core", "AuditEntry")
    now = clock.now()
    taken = set()
    visits = Appointment.objects.filter(status__in=PRESENT)
    for visit in visits.order_by("-status", "-started_at", "-called_at", "pk"):
        treats = visit.status == "in_progress"
        needs = {("patient", visit.patient_id)}
        if treats:
            needs |= {("practitioner", visit.practitioner_id), ("room", visit.room_id)}
        if not needs & taken:
            taken |= needs
            continue
        after, stamps = (
            ("fulfilled", {"ended_at": now, "closed_at": now})
            if treats
            else ("arrived", {"called_at": None})
        )
        Appointment.objects.filter(pk=visit.pk).update(status=after, **stamps)
        AuditEntry.objects.create(
            at=now,
            actor_kind="system",
            actor_id="one_treatment_at_a_time",
            action=f"appointment.{after}",
            subject_type="booking.appointment",
            subject_id=str(visit.pk),
            patient_id=visit.patient_id,
            data={"before": visit.status},
        )


def one_of_each(resource, *statuses):
    return migrations.AddConstraint(
        model_name="appointment",
        constraint=models.UniqueConstraint(
            fields=[resource],
            condition=Q(status__in=statuses),
            name=f"booking_one_treatment_per_{resource}",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0006_plain_text"),
        ("core", "0005_windows_open_at_the_first_attempt"),
        ("directory", "0005_known_rates_and_exemptions"),
    ]

    operations = [
        migrations.RunPython(end_what_cannot_be, migrations.RunPython.noop),
        one_of_each("practitioner", "in_progress"),
        one_of_each("room", "in_progress"),
        one_of_each("patient", *PRESENT),
    ]
