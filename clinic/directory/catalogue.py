"""The five specialties that the clinic opened with."""

from dataclasses import dataclass
from decimal import Decimal

STANDARD_RATE = Decimal("23.00")
EXEMPT = Decimal("0.00")
HEALTH_EXEMPTION = "M07"


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    name_pt: str
    name_en: str
    duration_minutes: int
    price: Decimal
    vat_rate: Decimal = EXEMPT
    vat_exemption: str = HEALTH_EXEMPTION


CATALOGUE: tuple[Entry, ...] = (
    Entry("massage", "Massagem", "Massage", 45, Decimal("40.00"), STANDARD_RATE, ""),
    Entry("evaluation", "Consulta de avaliação", "Evaluation appointment", 40, Decimal("45.00")),
    Entry(
        "musculoskeletal",
        "Fisioterapia musculoesquelética",
        "Musculoskeletal physiotherapy",
        45,
        Decimal("40.00"),
    ),
    Entry(
        "therapeutic_massage",
        "Massagem terapêutica",
        "Therapeutic massage",
        60,
        Decimal("50.00"),
    ),
    Entry("shock_waves", "Ondas de choque", "Shock waves", 20, Decimal("35.00")),
)
