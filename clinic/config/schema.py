"""The published OpenAPI document: how it is served, and what it says that the views don't know."""

import re
from typing import Any

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer, JSONRenderer

from clinic.accounts import schema as _credentials  # noqa: F401  (registers their schemes)
from clinic.core.errors import PROBLEMS
from clinic.core.problems import CONTENT_TYPE

_RECORD_ID = re.compile(r"\{\w+_id\}")


class DocumentView(SpectacularAPIView):
    """The document in JSON, which YAML readers accept too, or in YAML if the client asks for it."""

    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]


class PageView(SpectacularSwaggerSplitView):
    """The document as a page to browse. It only answers GET: it can't be rendered for OPTIONS.

    Scripts and styles come in separate files, since our content security policy allows nothing
    inline.
    """

    template_name = "config/docs.html"
    http_method_names = ["get", "head"]

    def get_renderers(self) -> list[BaseRenderer]:
        """Problems aren't rendered as a page."""
        is_read = str(self.request.method).lower() in self.http_method_names
        return super().get_renderers() if is_read else [JSONRenderer()]


def list_error_codes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """List every stable error code in the schema, as the values of ProblemDetails.code."""
    details = result["components"]["schemas"].get("ProblemDetails")
    if details is not None:
        details["properties"]["code"] = {"type": "string", "enum": sorted(PROBLEMS)}
    return result


def call_record_ids_id(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Call the record in a path `{id}`, as the contract does; the views say which record it is."""
    paths = {}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                    parameter["name"] = "id"
        paths[_RECORD_ID.sub("{id}", path)] = operations
    result["paths"] = paths
    return result


def add_answers_of_every_view(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Document the refusals that come from outside the views, by the parameters of each
    operation."""
    problem = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    for operations in result["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            for status in _common_refusals(operation):
                responses.setdefault(
                    status, {"content": {CONTENT_TYPE: problem}, "description": ""}
                )
            operation["responses"] = dict(sorted(responses.items()))
    return result


def _common_refusals(operation: dict[str, Any]) -> set[str]:
    parameters = operation.get("parameters", [])
    refusals = {"503"}  # the database may be away
    if any(parameter["in"] == "query" for parameter in parameters):
        refusals |= {"400"}
    if "requestBody" in operation:
        refusals |= {"400", "413", "415"}
    if any(operation.get("security", ())):
        refusals |= {"401", "403"}
    if any(parameter["in"] == "path" or parameter["name"] == "page" for parameter in parameters):
        refusals |= {"404"}
    return refusals
