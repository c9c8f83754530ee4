from django.urls import path

from realtime import api

urlpatterns = [
    path("board", api.BoardView.as_view(), name="board"),
    path("asyncapi.json", api.asyncapi_document, name="asyncapi"),
]
