"""The invented people and places of the demo clinic."""

from dataclasses import dataclass
from datetime import date

from clinic.accounts.choices import LabelChoice, Language, Role

ORGANIZATION = {
    "name": "Clínica Vez",
    "legal_name": "Clínica Vez Demonstração, Lda.",
    "tax_id": "510123457",
    "address_line": "Rua do Exemplo, 12",
    "postal_code": "1200-195",
    "city": "Lisboa",
    "phone": "+351210000000",
    "email": "geral@vez.example",
}
ROOMS = (("1", "0"), ("2", "0"), ("3", "1"), ("4", "1"))


@dataclass(frozen=True, slots=True)
class Therapist:
    name: str
    room: str
    specialties: tuple[str, ...]
    account: str = ""


THERAPISTS = (
    Therapist(
        "Inês Carvalho", "1", ("musculoskeletal", "evaluation", "shock_waves"), "practitioner"
    ),
    Therapist("Rui Tavares", "2", ("massage", "therapeutic_massage")),
    Therapist("Marta Figueiredo", "3", ("musculoskeletal", "therapeutic_massage", "evaluation")),
    Therapist("Duarte Nogueira", "4", ("massage", "shock_waves", "musculoskeletal")),
)


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    full_name: str
    role: Role
    phone: str
    birth_date: date | None = None

    @property
    def email(self) -> str:
        return f"{self.username}@vez.example"


ACCOUNTS = (
    Account("patient", "Sofia Marques", Role.PATIENT, "+351912000100", date(1988, 4, 17)),
    Account("practitioner", "Inês Carvalho", Role.PRACTITIONER, "+351912000101"),
    Account("reception", "Teresa Brandão", Role.RECEPTION, "+351912000102"),
    Account("manager", "Henrique Salgado", Role.MANAGER, "+351912000103"),
)


@dataclass(frozen=True, slots=True)
class Extra:
    """A patient who fills the day."""

    full_name: str
    birth_date: date
    label_choice: LabelChoice = LabelChoice.SHORT
    language: Language = Language.PORTUGUESE


EXTRAS = (
    Extra("Ana Beatriz Lopes", date(1979, 2, 11)),
    Extra("Manuel Antunes", date(1951, 9, 3), LabelChoice.TICKET),
    Extra("Leonor Pacheco", date(1994, 12, 20), LabelChoice.FULL),
    Extra("João Pedro Meireles", date(1983, 6, 8)),
    Extra("Maria da Conceição Vasques", date(1947, 1, 30), LabelChoice.TICKET),
    Extra("Tomás Quintela", date(2001, 10, 14)),
    Extra("Oliver Bennett", date(1976, 3, 25), LabelChoice.SHORT, Language.ENGLISH),
    Extra("Catarina Rebelo", date(1990, 7, 19)),
    Extra("Fernando Sequeira", date(1958, 11, 2), LabelChoice.FULL),
    Extra("Beatriz Coutinho", date(1998, 5, 6)),
    Extra("Álvaro Simões", date(1965, 8, 28)),
    Extra("Isabel Noronha", date(1972, 4, 1), LabelChoice.TICKET),
    Extra("Gonçalo Freitas", date(1987, 12, 9)),
    Extra("Helena Vilar", date(1969, 10, 22)),
    Extra("Miguel Ângelo Rocha", date(1993, 2, 16)),
    Extra("Rosa Maria Teles", date(1955, 6, 13), LabelChoice.FULL),
    Extra("Hannah Weber", date(1985, 1, 7), LabelChoice.SHORT, Language.ENGLISH),
    Extra("Vasco Lacerda", date(1996, 9, 18)),
    Extra("Dulce Amaral", date(1961, 3, 4)),
    Extra("Paulo Jorge Esteves", date(1974, 7, 27)),
    Extra("Mafalda Corte-Real", date(2003, 11, 15)),
    Extra("António Barroso", date(1949, 5, 21), LabelChoice.TICKET),
    Extra("Joana Queirós", date(1991, 8, 10)),
    Extra("Ricardo Prata", date(1980, 12, 31)),
    Extra("Lurdes Carmona", date(1959, 2, 24)),
    Extra("Simão Vaz", date(1999, 6, 30)),
    Extra("Celeste Abrantes", date(1963, 9, 5)),
    Extra("Nuno Falcão", date(1986, 1, 19)),
)
EXTRA_USERNAME = "demo-patient-{number:02d}"
EXTRA_PHONE = "+3519120002{number:02d}"
