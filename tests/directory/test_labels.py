import pytest

from clinic.directory.labels import label


@pytest.mark.parametrize(
    ("full_name", "choice", "shown"),
    [
        ("Ana Carolina Martins", "short", "Ana M."),
        ("Ana Carolina Martins", "full", "Ana Carolina Martins"),
        ("Ana Carolina Martins", "ticket", "A012"),
        ("Ângela dos Santos", "short", "Ângela S."),
        ("  Zé   da   Silva ", "short", "Zé S."),
        ("Cher", "short", "A012"),
        ("Cher", "full", "Cher"),
        ("", "full", "A012"),
        ("Ana \u202emartins", "short", "Ana M."),
        ("Bartholomew-Maximilian-Alexander Ng", "short", "Bartholomew-Maximilian-A N."),
        ("Ana Martins", "unheard of", "A012"),
    ],
)
def test_the_name_on_a_shared_screen_is_the_patients_choice(
    full_name: str, choice: str, shown: str
) -> None:
    assert label(full_name, choice, "A012") == shown
