import itertools
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from clinic.directory.models import Organization
from clinic.notifications.channels.base import Words
from clinic.notifications.channels.email.channel import Email
from clinic.notifications.channels.sms import gsm7
from clinic.notifications.channels.sms.channel import Sms, TooLongError
from clinic.notifications.rendering import LANGUAGES

SMS = sorted(Sms.needs)
EMAIL = sorted(Email.needs)
CODES = {"phone_code", "sign_in_code", "email_code"}
ACCOUNT = {*CODES, "password_link", "contact_changed", "password_changed"}
FOLLOWED = ("appointment_booked", "appointment_rescheduled")
LINK = "https://marcacoes.clinicavez.pt/pay/" + "A" * 48
VISIT_LINK = "https://marcacoes.clinicavez.pt/v/" + "A" * 35


def sms(template: str, language: str, context: dict[str, Any]) -> str:
    return Sms().write(template, language, context).body


def email(template: str, language: str, context: dict[str, Any]) -> Words:
    return Email().write(template, language, context)


@pytest.fixture(autouse=True)
def _clinic(organization: Organization) -> None:
    """Every template names the clinic."""


@pytest.mark.parametrize(
    ("template", "language", "text"),
    [
        (
            "hold_payment_link",
            "pt",
            f"Clinica Vez: guardamos-lhe ter 24/11, 10:30. Pague 40,00€ até às 14:05: {LINK}",
        ),
        (
            "hold_payment_link",
            "en",
            f"Clinica Vez: Tue 24 Nov, 10:30 is held for you. Pay €40.00 by 14:05: {LINK}",
        ),
        (
            "appointment_booked",
            "pt",
            "Clinica Vez: marcacao confirmada, ter 24/11 às 10:30. "
            f"Codigo de chegada K7M2QX. A sua vez: {VISIT_LINK}",
        ),
        (
            "appointment_booked",
            "en",
            "Clinica Vez: you are booked for Tue 24 Nov at 10:30. "
            f"Check-in code K7M2QX. Your turn: {VISIT_LINK}",
        ),
        (
            "appointment_cancelled",
            "pt",
            "Clinica Vez: a sua marcacao de ter 24/11 às 10:30 foi cancelada. "
            "Para marcar outra hora, ligue +351210000000.",
        ),
        (
            "money_returned",
            "pt",
            "Clinica Vez: recebemos 40,00€, mas a hora de ter 24/11 às 10:30 ja nao estava "
            "reservada. Vamos devolver-lhe o dinheiro. Marque outra hora quando quiser.",
        ),
        (
            "paid_twice",
            "pt",
            "Clinica Vez: recebemos 40,00€ a mais pela marcacao de ter 24/11 às 10:30. "
            "Vamos devolver-lhe esse dinheiro. A marcacao mantém-se.",
        ),
        (
            "appointment_rescheduled",
            "en",
            "Clinica Vez: your appointment is now on Tue 24 Nov at 10:30. "
            f"Code K7M2QX. Your turn: {VISIT_LINK}",
        ),
        (
            "appointment_rescheduled",
            "pt",
            "Clinica Vez: a sua marcacao mudou para ter 24/11 às 10:30. "
            f"Codigo K7M2QX. A sua vez: {VISIT_LINK}",
        ),
        (
            "phone_code",
            "pt",
            "Clinica Vez: o seu codigo é 042917. Serve durante 10 minutos. Nao o de a ninguém.",
        ),
        (
            "password_link",
            "en",
            f"Clinica Vez: to choose another password, open within 10 minutes: {LINK}",
        ),
        (
            "contact_changed",
            "pt",
            "Clinica Vez: a sua conta deixou de usar este numero em seg 23/11, 10:30. "
            "Nao foi voce? Ligue-nos: +351210000000.",
        ),
        (
            "password_changed",
            "en",
            "Clinica Vez: your account's password changed on Mon 23 Nov, 10:30. "
            "Wasn't it you? Call us: +351210000000.",
        ),
    ],
)
def test_the_words_of_an_sms(
    template: str, language: str, text: str, visit: dict[str, Any]
) -> None:
    if template in FOLLOWED:
        visit["url"] = VISIT_LINK

    assert sms(template, language, visit) == text


@pytest.mark.parametrize(("template", "language"), list(itertools.product(SMS, LANGUAGES)))
def test_an_sms_is_one_part_with_the_longest_realistic_values(
    template: str, language: str, visit: dict[str, Any], organization: Organization
) -> None:
    # Given the longest names in use and a link under a default cloud host name
    organization.name = "Clínica de Fisioterapia e Reabilitação de São João da Madeira"
    organization.address_line = "Avenida do Conde de São João da Pesqueira, 1234, 3.º Esq."
    organization.save()
    visit["practitioner"] = "Maria da Conceição Vasconcelos Albuquerque e Castro"
    origin = "https://vez-production.eba-x2f3kq7m.eu-west-1.elasticbeanstalk.com"
    path = "repor" if template == "password_link" else "pay"
    visit["url"] = (
        f"{origin}/v/{'A' * 35}" if template in FOLLOWED else f"{origin}/{path}/{'A' * 48}"
    )
    visit["amount"] = Decimal("1250.00")
    visit["start"] = datetime(2026, 2, 28, 10, 30, tzinfo=UTC)

    text = sms(template, language, visit)

    # Then it is one part, and what the patient needs is whole
    assert gsm7.septets(text) <= 160
    if template == "hold_payment_link":
        assert text.endswith(visit["url"])
        assert "14:05" in text
    elif template in CODES:
        assert "042917" in text
        assert "10" in text
    elif template == "password_link":
        assert text.endswith(visit["url"])
    elif template in FOLLOWED:
        assert "K7M2QX" in text
        assert "10:30" in text
        assert text.endswith(visit["url"])
    else:
        assert "10:30" in text


def test_names_are_shortened_before_the_wording_changes(
    visit: dict[str, Any], organization: Organization
) -> None:
    organization.name = "Centro de Fisioterapia e Reabilitação do Chiado e de Santa Catarina"
    organization.save()

    text = sms("hold_payment_link", "pt", visit)

    assert text.startswith("Centro de Fis.: guardamos-lhe ter 24/11, 10:30. ")
    assert text.endswith(LINK)
    assert gsm7.septets(text) == 160


def test_a_link_that_can_not_fit_is_an_error_and_is_refused_at_start(
    visit: dict[str, Any], settings: Settings
) -> None:
    visit["url"] = "https://" + "long." * 40 + "pt/pay/" + "A" * 48
    settings.PUBLIC_ORIGIN = "https://" + "long." * 13 + "pt"

    with pytest.raises(TooLongError):
        sms("hold_payment_link", "pt", visit)

    assert [error.id for error in run_checks() if str(error.id).startswith("notifications")] == [
        "notifications.E002"
    ]


def test_the_longest_origin_that_the_check_lets_through_fits(visit: dict[str, Any]) -> None:
    origin = "https://" + "a" * 62
    assert len(origin) == 70
    visit["url"] = f"{origin}/pay/{'A' * 48}"
    visit["amount"] = Decimal("99999.00")

    for language in LANGUAGES:
        assert gsm7.septets(sms("hold_payment_link", language, visit)) <= 160


@pytest.mark.parametrize("template", FOLLOWED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_of_a_visit_fits_with_the_longest_origin_and_day(
    template: str, language: str, visit: dict[str, Any], organization: Organization
) -> None:
    # Given the widest of all: 70 of origin, 38 of path, and a Saturday that has two digits
    organization.name = "Clínica de Fisioterapia e Reabilitação de São João da Madeira"
    organization.save()
    visit["url"] = f"https://{'a' * 62}/v/{'A' * 35}"
    visit["start"] = datetime(2026, 11, 28, 10, 30, tzinfo=UTC)

    text = sms(template, language, visit)

    # Then the 52 septets that are left hold the clinic, the time and the code, the code before
    # the link
    assert gsm7.septets(text) <= 160
    assert text.endswith(f" {visit['url']}")
    assert text.index("K7M2QX") < text.index("https://")
    assert "10:30" in text


@pytest.mark.parametrize("sender", ["", "TwelveLetter", "12345", "Vez Lx", "Vez-Lx", "Véz"])
def test_a_sender_name_that_the_network_refuses_is_refused_at_start(
    sender: str, settings: Settings
) -> None:
    settings.SNS_SENDER_ID = sender

    assert "notifications.E001" in [error.id for error in run_checks()]


@pytest.mark.parametrize(("template", "language"), list(itertools.product(EMAIL, LANGUAGES)))
def test_an_email_is_complete(template: str, language: str, visit: dict[str, Any]) -> None:
    mail = email(template, language, visit)

    assert 0 < len(mail.subject) <= 200
    assert "\n" not in mail.subject
    for text in (mail.body, mail.html):
        if template not in ACCOUNT:
            assert "10:30" in text
            assert "Fisioterapia musculoesquelética" in text
        assert "Clínica Vez" in text
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text
    assert f'<html lang="{language}">' in mail.html
    assert "<" not in mail.body


def test_the_words_of_the_invoice_mail(visit: dict[str, Any]) -> None:
    mail = email("invoice_issued", "pt", visit)

    assert mail.subject == "Fatura-recibo FR 2026A/15"
    assert mail.body == (
        "Recebemos o seu pagamento de 40,00\u00a0€. Obrigado.\n"
        "\n"
        "Fisioterapia musculoesquelética, terça-feira, 24 de novembro de 2026, 10:30\n"
        "\n"
        "A fatura-recibo FR 2026A/15, em nome de Ana Maria Lopes, segue em anexo. "
        "Também a encontra na sua área de utente.\n"
        "\n"
        "Clínica Vez\n"
        "Rua das Flores, 12\n"
        "+351210000000\n"
    )


def test_names_are_text_and_never_markup(visit: dict[str, Any]) -> None:
    visit["customer_name"] = "<script>alert('x')</script> & {{ 7|add:7 }}"

    mail = email("invoice_issued", "en", visit)

    assert "<script>alert('x')</script> & {{ 7|add:7 }}" in mail.body
    assert "<script>" not in mail.html
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; {{ 7|add:7 }}" in mail.html


def test_an_sms_keeps_quotes_and_ampersands_as_they_are(
    visit: dict[str, Any], organization: Organization
) -> None:
    organization.name = "Rosa & Filhos' <Fisio>"
    organization.save()

    assert sms("appointment_cancelled", "en", visit).startswith(
        "Rosa & Filhos' <Fisio>: your appointment"
    )


def test_line_breaks_and_invisible_characters_of_a_name_are_gone(visit: dict[str, Any]) -> None:
    visit["customer_name"] = "Ana\r\nBcc: eve@example.com\u202e\u0000"

    mail = email("invoice_issued", "pt", visit)

    assert "em nome de Ana Bcc: eve@example.com, segue" in mail.body


@pytest.mark.parametrize("language", ["", "de", "pt-BR", "PT"])
def test_an_unknown_language_reads_portuguese(language: str, visit: dict[str, Any]) -> None:
    assert "cancelada" in sms("appointment_cancelled", language, visit)


def test_times_are_those_of_the_clock_on_the_wall(visit: dict[str, Any]) -> None:
    # Given an instant in summer, when Lisbon is an hour ahead of UTC, near midnight
    visit["start"] = datetime(2026, 7, 3, 23, 30, tzinfo=UTC)

    assert "sab 04/07 às 00:30" in sms("appointment_cancelled", "pt", visit)
    assert "Sat 4 Jul at 00:30" in sms("appointment_cancelled", "en", visit)


@pytest.mark.parametrize("template", SMS)
def test_a_missing_value_is_an_error(template: str, visit: dict[str, Any]) -> None:
    for name in Sms.needs[template]:
        with pytest.raises(KeyError, match=name):
            sms(template, "pt", {k: v for k, v in visit.items() if k != name})


def test_no_sms_says_what_is_treated_or_by_whom(visit: dict[str, Any]) -> None:
    texts = [
        sms(template, language, visit) for template, language in itertools.product(SMS, LANGUAGES)
    ]

    assert not [text for text in texts if re.search("fisioterapia|Carvalho|Ana", text, re.I)]


def test_every_day_of_a_year_fits(visit: dict[str, Any]) -> None:
    first = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
    for offset in range(0, 365, 5):
        visit["start"] = first + timedelta(days=offset)
        assert gsm7.parts(sms("hold_payment_link", "pt", visit)) == 1
