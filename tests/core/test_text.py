"""What text may hold: the same for Python, for the database and for XML."""

import re
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.core import text
from clinic.core.columns import LineColumn, NoteColumn

LAST = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)
NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")

PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"

HOSTILE = [
    "Ana\uffffSilva",
    "Ana\ufffeSilva",
    "Ana\x0bSilva",
    "Ana\x00Silva",
    "Ana\tSilva",
    "Ana\x7fSilva",
    "Ana\x85Silva",
    "Ana\ud800Silva",
    "Ana\u202eavliS",
    "Ana\u2066Silva",
    "Ana\u2028Silva",
    "Ana\u200bSilva",
    "Ana\ufeffSilva",
    "Ana\u00adSilva",
    "Ana\ue000Silva",
    "Ana\ufdd0Silva",
    "Ana\U0001fffeSilva",
    "Ana\U0010ffffSilva",
    "Ana\U000e0041Silva",
    "A" + "\u0301" * 5,
    "A" + "\u0301\u20dd" * 4,
    "a" + "\u20dd" * 7,
    "\u0e01" + "\u0e35" * 7,
    "\u0e01" + "\u0e35\u200d" * 7 + "\u0e01",
    "Ana\ufe0f",
    "☎" + "\ufe0f" * 2,
    "Ana" + "\U000e0100" * 50,
    "Ana\u180b",
    "Ana\ufffcSilva",
    "\U0001d159",
    "\U00016fe4",
    "\U000e0200",
    "\U00013430",
    "An\u200da",
    "\u3164",
    "\u2800",
    "\u115f\u1160",
    "\uffa0",
    "\u200d",
    "\ufe0f",
    "\u0301",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_no_text_may_hold_is_refused(hostile: str) -> None:
    with pytest.raises(text.UnprintableError):
        text.line(hostile)
    with pytest.raises(text.UnprintableError):
        text.note(hostile)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("João d’Ávila-Łukasz", "João d’Ávila-Łukasz"),
        ("Joa\u0303o", "João"),
        ("  Ana\u00a0 \u2003Silva ", "Ana Silva"),
        ("3 M & <x> \"y\" 'z'", "3 M & <x> \"y\" 'z'"),
        (
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        ),
        ("👩\u200d⚕\ufe0f", "👩\u200d⚕\ufe0f"),
        ("王小明", "王小明"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("မြွှီး", "မြွှီး"),
        ("\u09b0\u200d\u09cd\u09af", "\u09b0\u200d\u09cd\u09af"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("–", "–"),
        ("\u00a0\u2003", ""),
        ("", ""),
    ],
)
def test_what_people_write_is_taken_in_one_form(given: str, line: str) -> None:
    assert text.line(given) == line


def test_a_note_may_have_lines_and_a_line_may_not() -> None:
    assert text.note("Dor no ombro.\r\n  Fazer\u00a0gelo. \n") == "Dor no ombro.\n  Fazer gelo."
    with pytest.raises(text.UnprintableError):
        text.line("Dor no ombro.\nFazer gelo.")


def test_of_what_was_kept_before_all_that_can_be_read_is_left() -> None:
    assert text.printable("Ana\uffff\n Sil\x0bva\u202e") == "Ana Silva"
    assert not text.is_printable("Ana\uffff")
    assert text.is_printable("Ana Silva")


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_whatever_is_taken_can_be_written_in_xml_and_read_again(given: str) -> None:
    try:
        taken = text.line(given)
    except text.UnprintableError:
        return
    element = ElementTree.Element("a")
    element.text = taken
    read = ElementTree.fromstring(ElementTree.tostring(element, "windows-1252"))
    assert (read.text or "") == taken
    assert text.line(taken) == taken


def test_every_character_is_judged_alike_here_and_in_the_database(db: None) -> None:
    refused = {code for code in range(1, LAST + 1) if not text.is_printable(chr(code))}
    assert all(code in refused for code in range(1, LAST + 1) if NOT_IN_XML.match(chr(code)))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM generate_series(1, %s) AS code"
            " WHERE code NOT BETWEEN 55296 AND 57343 AND NOT is_plain_line(chr(code))",
            [LAST],
        )
        by_database = {code for (code,) in cursor.fetchall()}
        cursor.execute("SELECT is_plain_note(E'a\\nb'), is_plain_note(E'a\\rb')")
        lines = cursor.fetchone()

    assert by_database == refused - set(SURROGATES)
    assert lines == (True, False)


def test_every_column_of_text_is_held_to_it_by_the_database(db: None) -> None:
    columns: set[tuple[str, str, bool]] = {
        (model._meta.db_table, str(field.column), isinstance(field, NoteColumn))
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, LineColumn)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'c'"
        )
        constraints = cursor.fetchall()

    def is_held(table: str, column: str, is_note: bool) -> bool:
        function = f"is_plain_{'note' if is_note else 'line'}"
        held = re.compile(rf'{function}\(\(?"?{column}\b')
        return any(name == table and held.search(rule) for name, rule in constraints)

    assert len(columns) > 15
    assert {column for column in columns if not is_held(*column)} == set()
