from django.urls import path

from booking import api

urlpatterns = [
    path("slots", api.SlotsView.as_view(), name="slots"),
    path("appointments", api.AppointmentsView.as_view(), name="appointments"),
    path("appointments/<uuid:appointment_id>", api.AppointmentView.as_view(), name="appointment"),
    path(
        "appointments/<uuid:appointment_id>/cancel",
        api.CancelView.as_view(),
        name="appointment-cancel",
    ),
    path(
        "appointments/<uuid:appointment_id>/reschedule",
        api.RescheduleView.as_view(),
        name="appointment-reschedule",
    ),
    path(
        "appointments/<uuid:appointment_id>/calendar.ics",
        api.CalendarView.as_view(),
        name="appointment-calendar",
    ),
    path(
        "checkout/<str:token>/calendar.ics",
        api.CalendarByLinkView.as_view(),
        name="checkout-calendar",
    ),
    path("visits/<str:token>", api.VisitByLinkView.as_view(), name="visit-by-link"),
    path("staff/day", api.StaffDayView.as_view(), name="staff-day"),
    path("staff/reports/waits", api.WaitReportView.as_view(), name="staff-wait-report"),
    path("staff/appointments", api.StaffAppointmentsView.as_view(), name="staff-appointments"),
    path(
        "staff/appointments/<uuid:appointment_id>",
        api.StaffAppointmentView.as_view(),
        name="staff-appointment",
    ),
    *(
        path(
            f"staff/appointments/<uuid:appointment_id>/{name}",
            view.as_view(),
            name=f"staff-{name}",
        )
        for name, view in api.BUTTONS.items()
    ),
    path(
        "staff/appointments/<uuid:appointment_id>/call-again",
        api.CallAgainView.as_view(),
        name="staff-call-again",
    ),
    path(
        "staff/appointments/<uuid:appointment_id>/undo",
        api.UndoView.as_view(),
        name="staff-undo",
    ),
    path(
        "staff/appointments/<uuid:appointment_id>/move-room",
        api.MoveRoomView.as_view(),
        name="staff-move-room",
    ),
    path(
        "staff/practitioners/<uuid:practitioner_id>/call-next",
        api.CallNextView.as_view(),
        name="staff-call-next",
    ),
]
