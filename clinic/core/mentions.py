"""Finds rows whose text names one of many things, in one pass, however many things there are."""

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Expression, Func, TextField, Value
from django.db.models.functions import Cast

UUIDS = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Names(Func):
    """A condition: the text holds one of these words. `form` is a regular expression that finds
    such words, so that each row is read once, not once for each word."""

    output_field = BooleanField()

    def __init__(
        self, text: Expression | str, words: Collection[str], *, form: str = UUIDS
    ) -> None:
        wanted = Value(list(words), output_field=ArrayField(TextField()))
        super().__init__(Cast(text, TextField()), Value(form), wanted)

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **_context: Any) -> Any:
        (text, of_text), (form, of_form), (words, of_words) = map(
            compiler.compile, self.source_expressions
        )
        return (
            f"EXISTS (SELECT FROM regexp_matches({text}, {form}, 'g') AS found (word)"
            f" WHERE found.word[1] = ANY ({words}))",
            [*of_text, *of_form, *of_words],
        )
