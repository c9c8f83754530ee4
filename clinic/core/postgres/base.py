from contextlib import closing
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import Error

from clinic.core import clock
from clinic.core.postgres import values


class DatabaseWrapper(base.DatabaseWrapper):
    """Its statements can have any number of values (`values.py`).

    It learns the database's time with every connection that it opens or checks: before the first
    statement of each request and task, and without an extra statement.
    """

    features_class = values.DatabaseFeatures
    ops_class = values.DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection({**conn_params, "cursor_factory": values.Cursor})
        connection.server_cursor_factory = values.NamedCursor
        return connection

    def connect(self) -> None:
        super().connect()
        self._look_at_the_clock()

    def is_usable(self) -> bool:
        if not settings.CLOCK_FOLLOWS_DATABASE:
            return bool(super().is_usable())
        try:
            self._look_at_the_clock()
        except Error:
            return False
        return True

    def _look_at_the_clock(self) -> None:
        if settings.CLOCK_FOLLOWS_DATABASE:
            clock.follow(self._its_time)

    def _its_time(self) -> float:
        with closing(self.connection.cursor()) as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            ((seconds,),) = cursor.fetchall()
        return float(seconds)
