from typing import Any

from clinic.core.errors import PROBLEMS


def list_error_codes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Put every stable error code into the schema, as the values of ProblemDetails.code."""
    details = result["components"]["schemas"].get("ProblemDetails")
    if details is not None:
        details["properties"]["code"] = {"type": "string", "enum": sorted(PROBLEMS)}
    return result
