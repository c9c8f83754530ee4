from django.urls import path

from realtime import api

urlpatterns = [
    path("board", api.BoardView.as_view(), name="board"),
    path("announcements/<str:ticket>/<str:room>", api.AnnouncementView.as_view()),
    path("asyncapi.json", api.asyncapi_document, name="asyncapi"),
]
