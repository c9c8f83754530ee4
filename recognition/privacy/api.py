from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts.permissions import IsManager
from clinic.core.api import answers
from recognition.privacy import selectors, serializers


class PrivacyView(APIView):
    """For the data-protection officer, by the manager."""

    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_privacy",
        tags=["staff"],
        responses=answers({200: serializers.PrivacyReport}, 401, 403),
        summary="What is kept about faces, where, how long, and how check-ins ended",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.PrivacyReport(selectors.report()).data)
