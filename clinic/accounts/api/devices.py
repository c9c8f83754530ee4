from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, selectors, serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.permissions import CsrfProtectedInBrowsers, IsDisplay, IsKiosk, IsStaff
from clinic.accounts.requests import device_of, user_of
from clinic.core.api import answers, validated


class DevicesView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="devices_list",
        tags=["devices"],
        responses=answers({200: serializers.Device(many=True)}, 401, 403),
        summary="All devices, newest first",
        description="Displays and kiosks, paired or waiting for their code, with each display's "
        "last report about itself.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.Device(selectors.devices(), many=True).data)

    @extend_schema(
        operation_id="devices_create",
        tags=["devices"],
        request=serializers.DeviceInput,
        responses=answers({201: serializers.NewDevice}, 400, 401, 403),
        summary="Get a pairing code for a new screen",
        description="The code is valid for a few minutes and works once. Type it on the screen "
        "that you want to pair.",
    )
    def post(self, request: Request) -> Response:
        created = services.create_device(
            **validated(serializers.DeviceInput(data=request.data)),
            created_by=user_of(request),
            address=client_address(request._request),
        )
        return Response(serializers.NewDevice(created).data, status=201)


class PairView(APIView):
    authentication_classes = ()
    permission_classes = (CsrfProtectedInBrowsers,)

    @extend_schema(
        operation_id="devices_pair",
        tags=["devices"],
        auth=[],
        request=serializers.PairingCode,
        responses=answers({200: serializers.PairedDevice}, 400, 403, 429),
        summary="Exchange a pairing code for the device's credential",
        description="Sets the device's HttpOnly cookie. A client without cookies and Origin needs "
        "no CSRF header and uses the token as `Authorization: Device <token>`.",
    )
    def post(self, request: Request) -> Response:
        paired = services.pair_device(
            **validated(serializers.PairingCode(data=request.data)),
            address=client_address(request._request),
        )
        response = Response(serializers.PairedDevice(paired).data)
        cookies.set_device(response, paired.device.kind, paired.token)
        return response


class DeviceView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="devices_revoke",
        tags=["devices"],
        responses=answers({204: None}, 401, 403, 404),
        summary="Take a device's credential away and close its socket",
        description="To be used again, the screen needs a new pairing code. Doing it twice "
        "changes nothing more.",
    )
    def delete(self, request: Request, device_id: UUID) -> Response:
        services.revoke_device(device_id, by=user_of(request))
        return Response(status=204)

    @extend_schema(
        operation_id="devices_change",
        tags=["devices"],
        request=serializers.DeviceChange,
        responses=answers({200: serializers.Device}, 400, 401, 403, 404),
        summary="Rename a device, or change what a display shows, how large and how loud",
        description="Fields that aren't given stay as they are, and unknown fields are refused. "
        "The display follows by itself.",
    )
    def patch(self, request: Request, device_id: UUID) -> Response:
        changes = validated(serializers.DeviceChange(data=request.data))
        device = services.change_device(device_id, by=user_of(request), **changes)
        return Response(serializers.Device(device).data)


class ThisDeviceView(APIView):
    permission_classes = [IsDisplay | IsKiosk]

    @extend_schema(
        operation_id="devices_me",
        tags=["devices"],
        responses=answers({200: serializers.ThisDevice}, 401, 403),
        summary="Who this device is, and what staff have set for it",
        description="A browser that holds the cookies of both kinds counts as the display.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.ThisDevice(device_of(request)).data)


class ScreenReportView(APIView):
    permission_classes = (IsDisplay,)

    @extend_schema(
        operation_id="devices_me_status",
        tags=["devices"],
        request=serializers.ScreenReport,
        responses=answers({200: serializers.ThisDevice}, 400, 401, 403, 429),
        summary="A display reports its state, every 30 seconds and on every change",
        description="Only the last report is kept. The answer repeats what staff have set.",
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        services.report_status(device, validated(serializers.ScreenReport(data=request.data)))
        return Response(serializers.ThisDevice(device).data)
