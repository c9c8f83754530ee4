from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts.permissions import IsReception, IsStaff
from clinic.accounts.principals import actor_of
from clinic.core import clock
from clinic.core.api import answers, validated
from clinic.directory import selectors, services
from clinic.directory.serializers import (
    ClinicOut,
    PatientOut,
    PatientQuery,
    PractitionerOut,
    PractitionerQuery,
    RoomOut,
    SpecialtyOut,
)


class PublicView(APIView):
    """Open to everybody, so an expired cookie must not turn the answer into a 401."""

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)


class ClinicView(PublicView):
    @extend_schema(operation_id="clinic", responses=answers({200: ClinicOut}), tags=["catalogue"])
    def get(self, _request: Request) -> Response:
        """The clinic's name, address and settings that clients need."""
        organization = selectors.organization()
        return Response(
            ClinicOut(
                {
                    "name": organization.name,
                    "phone": organization.phone,
                    "address_line": organization.address_line,
                    "postal_code": organization.postal_code,
                    "city": organization.city,
                    "time_zone": clock.zone().key,
                    "languages": [code for code, _ in settings.LANGUAGES],
                    "cancel_free_hours": organization.cancel_free_hours,
                    "sandbox": settings.CLINIC_SANDBOX,
                }
            ).data
        )


class SpecialtiesView(PublicView):
    @extend_schema(
        operation_id="specialties",
        responses=answers({200: SpecialtyOut(many=True)}),
        tags=["catalogue"],
    )
    def get(self, _request: Request) -> Response:
        """What can be booked."""
        return Response(SpecialtyOut(selectors.specialties(), many=True).data)


class PractitionersView(PublicView):
    @extend_schema(
        operation_id="practitioners",
        parameters=[PractitionerQuery],
        responses=answers({200: PractitionerOut(many=True)}, 400),
        tags=["catalogue"],
    )
    def get(self, request: Request) -> Response:
        """Who treats; with a specialty only those who offer it."""
        code = validated(PractitionerQuery(data=request.query_params)).get("specialty")
        if code is not None:
            selectors.specialty(code)
        return Response(PractitionerOut(selectors.practitioners(code), many=True).data)


class RoomsView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_rooms", responses=answers({200: RoomOut(many=True)}), tags=["staff"]
    )
    def get(self, _request: Request) -> Response:
        """The rooms a visit can take place in."""
        return Response(RoomOut(selectors.rooms(), many=True).data)


class PatientsView(APIView):
    permission_classes = (IsReception,)

    @extend_schema(
        operation_id="staff_patients",
        parameters=[PatientQuery],
        responses=answers({200: PatientOut(many=True)}, 400),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Find a patient at the desk by words of the name or the end of the phone number."""
        search = validated(PatientQuery(data=request.query_params))["search"]
        found = services.find_patients(search, actor=actor_of(request.user))
        return Response(PatientOut(found, many=True).data)
