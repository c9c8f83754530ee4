"""What the published OpenAPI document says beyond what the views know."""

import re
from typing import Any

from clinic.core.errors import PROBLEMS

_RECORD_ID = re.compile(r"\{\w+_id\}")


def list_error_codes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Put every stable error code into the schema, as the values of ProblemDetails.code."""
    details = result["components"]["schemas"].get("ProblemDetails")
    if details is not None:
        details["properties"]["code"] = {"type": "string", "enum": sorted(PROBLEMS)}
    return result


def call_record_ids_id(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the record in a path `{id}`, as the contract does; the views say whose id it is."""
    paths = {}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                    parameter["name"] = "id"
        paths[_RECORD_ID.sub("{id}", path)] = operations
    result["paths"] = paths
    return result
