from django.urls import path

from clinic.directory import api

urlpatterns = [
    path("clinic", api.ClinicView.as_view(), name="clinic"),
    path("specialties", api.SpecialtiesView.as_view(), name="specialties"),
    path("practitioners", api.PractitionersView.as_view(), name="practitioners"),
    path("staff/rooms", api.RoomsView.as_view(), name="staff-rooms"),
    path("staff/patients", api.PatientsView.as_view(), name="staff-patients"),
]
