import pytest

from clinic.notifications.channels.sms import gsm7


def test_the_alphabet_has_every_septet_but_the_escape() -> None:
    assert len(gsm7.BASIC) == 127
    assert len(gsm7.EXTENDED) == 10


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("à é è ù ì ò É Ç ü ö ñ ä § £ €", "à é è ù ì ò É Ç ü ö ñ ä § £ €"),
        ("ã õ ç á â ê í ó ô ú", "a o c a a e i o o u"),
        ("À Á Â Ã Ê Í Ó Ô Õ Ú", "A A A A E I O O O U"),
        ("2.º 3.ª 20°", "2.o 3.a 20o"),
        ("40,00\u00a0€ 1\u202f000", "40,00 € 1 000"),
        ("“olá” – l’été … •", '"ola" - l\'été ... -'),
        ("e\u0301", "é"),
        ("a\u0303", "a"),
        ("Zoë Łukasz Đ œuvre", "Zoe Lukasz D oeuvre"),
        ("nome\u202eodatrevni", "nomeodatrevni"),
        ("zero\u200bwidth\u00ad", "zerowidth"),
        ("您好", "??"),
        ("👍", "?"),
        ("a\u0000b\u001bc", "abc"),
    ],
)
def test_folding(given: str, expected: str) -> None:
    assert gsm7.fold(given) == expected


def test_folded_text_is_always_countable() -> None:
    everything = "".join(chr(point) for point in range(0x20, 0x2FFF))

    assert gsm7.septets(gsm7.fold(everything)) > 0


def test_characters_of_the_extension_count_two() -> None:
    assert gsm7.septets("€{}[]~^|\\") == 18
    assert gsm7.septets("40,00€") == 7


@pytest.mark.parametrize(
    ("length", "parts"), [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
)
def test_parts(length: int, parts: int) -> None:
    assert gsm7.parts("a" * length) == parts


def test_a_euro_sign_can_cost_the_second_part() -> None:
    assert gsm7.parts("a" * 158 + "€") == 1
    assert gsm7.parts("a" * 159 + "€") == 2


def test_counting_refuses_what_is_not_gsm7() -> None:
    with pytest.raises(ValueError, match=r"U\+00E3"):
        gsm7.septets("não")
