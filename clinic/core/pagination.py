from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.views import APIView


class Pages(PageNumberPagination):
    """`{"count", "next", "previous", "results"}`, 50 a page, at most 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        most = {self.page_query_param: 2**31 - 1, self.page_size_query_param: self.max_page_size}
        for parameter in parameters:
            parameter["schema"] |= {"minimum": 1, "maximum": most[parameter["name"]]}
        return parameters
