"""A patient's record as a whole: who looked at it, and its end."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, selectors, serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.permissions import IsPatient, IsReception
from clinic.accounts.principals import actor_of
from clinic.accounts.requests import user_of
from clinic.core.api import answers, validated
from clinic.core.models import AuditEntry


class OwnErasureView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="me_erasure",
        tags=["accounts"],
        request=serializers.OwnErasure,
        responses=answers({204: None}, 400, 401, 403, 409, 429),
        summary="Erase my account, at once and for good",
        description="Erases everything that says who the patient is. Invoices stay for as long as "
        "the law requires (`kept_until` of each); payments and visits stay without a "
        "name. Refused with 409 `visits_ahead` while there are open appointments "
        "(cancel them first, under the usual policy), and with 409 `money_unsettled` "
        "while a payment, refund or invoice is on its way.",
    )
    def post(self, request: Request) -> Response:
        services.erase_own_account(
            user_of(request),
            **validated(serializers.OwnErasure(data=request.data)),
            address=client_address(request._request),
            device=cookies.known_device(request._request),
        )
        response = Response(status=204)
        cookies.clear_session(response)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class PatientErasureView(APIView):
    permission_classes = (IsReception,)

    @extend_schema(
        operation_id="staff_patient_erasure",
        tags=["staff"],
        request=None,
        responses=answers({204: None}, 401, 403, 404, 409),
        summary="Erase a patient who asks for it at the desk",
        description="Like `me/erasure`, without the password: the staff at the desk have seen who "
        "asks. Safe to repeat.",
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        services.erase_patient(patient_id, actor=actor_of(user_of(request)))
        return Response(status=204)


class AccessesView(ListAPIView[AuditEntry]):
    permission_classes = (IsPatient,)
    serializer_class = serializers.Access
    queryset = AuditEntry.objects.none()

    @extend_schema(
        operation_id="me_accesses",
        tags=["accounts"],
        responses=answers({200: serializers.Access(many=True)}, 401, 403, 404),
        summary="Who looked at or changed my record, newest first",
        description=(
            "One page at a time, from the audit log: when, what was done, and in which role."
        ),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        entries = self.paginate_queryset(selectors.accesses(user_of(request).pk)) or []
        actors = {entry.actor_id for entry in entries if entry.actor_kind == "user"}
        rendered = serializers.Access(
            entries, many=True, context={"staff_names": selectors.staff_names(actors)}
        )
        return self.get_paginated_response(rendered.data)
