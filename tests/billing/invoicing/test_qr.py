from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
import segno

from billing.invoicing import qr

D = Decimal
INVOICE_OF_EVERYTHING = qr.Document(
    seller_tax_id="123456789",
    buyer_tax_id="999999990",
    buyer_country="PT",
    type="FT",
    status="N",
    issued_on=date(2019, 12, 31),
    number="FT AB2019/0035",
    atcud="CSDF7T5H-0035",
    taxes=[
        qr.RegionTaxes(
            "PT",
            exempt_base=D("12000"),
            reduced=(D("15000"), D("900")),
            intermediate=(D("50000"), D("6500")),
            normal=(D("80000"), D("18400")),
        ),
        qr.RegionTaxes(
            "PT-AC",
            exempt_base=D("10000"),
            reduced=(D("25000.56"), D("1000.02")),
            intermediate=(D("75000"), D("6750")),
            normal=(D("100000"), D("18000")),
        ),
        qr.RegionTaxes(
            "PT-MA",
            exempt_base=D("5000"),
            reduced=(D("12500"), D("625")),
            intermediate=(D("25000"), D("3000")),
            normal=(D("40000"), D("8800")),
        ),
    ],
    tax_total=D("64000.02"),
    gross_total=D("513600.58"),
    hash_characters="kLp0",
    certificate="9999",
    not_subject=D("100"),
    stamp_duty=D("25"),
    withholding=D("100"),
    free_text="TB;PT00000000000000000000000;513500.58",
)
SIMPLIFIED = qr.Document(
    seller_tax_id="123456789",
    buyer_tax_id="999999990",
    buyer_country="PT",
    type="FS",
    status="N",
    issued_on=date(2019, 8, 12),
    number="FS CDVF/12345",
    atcud="CDF7T5HD-12345",
    taxes=[qr.RegionTaxes("PT", normal=(D("0.65"), D("0.15")))],
    tax_total=D("0.15"),
    gross_total=D("0.80"),
    hash_characters="YhGV",
    certificate="9999",
    free_text="NU;0.80",
)
OURS = qr.Document(
    seller_tax_id="510123457",
    buyer_tax_id="999999990",
    buyer_country="PT",
    type="FR",
    status="N",
    issued_on=date(2026, 11, 23),
    number="FR 2026A/15",
    atcud="JFX7K2P9-15",
    taxes=[qr.RegionTaxes("PT", exempt_base=D("40"), normal=(D("32.52"), D("7.48")))],
    tax_total=D("7.48"),
    gross_total=D("80"),
    hash_characters="AbC1",
    certificate="0000",
)


def test_the_official_example_with_every_field() -> None:
    assert qr.text(INVOICE_OF_EVERYTHING) == (
        "A:123456789*B:999999990*C:PT*D:FT*E:N*F:20191231*G:FT AB2019/0035*H:CSDF7T5H-0035*I1:PT"
        "*I2:12000.00*I3:15000.00*I4:900.00*I5:50000.00*I6:6500.00*I7:80000.00*I8:18400.00"
        "*J1:PT-AC*J2:10000.00*J3:25000.56*J4:1000.02*J5:75000.00*J6:6750.00*J7:100000.00"
        "*J8:18000.00*K1:PT-MA*K2:5000.00*K3:12500.00*K4:625.00*K5:25000.00*K6:3000.00"
        "*K7:40000.00*K8:8800.00*L:100.00*M:25.00*N:64000.02*O:513600.58*P:100.00*Q:kLp0*R:9999"
        "*S:TB;PT00000000000000000000000;513500.58"
    )


def test_the_official_simplified_example() -> None:
    assert qr.text(SIMPLIFIED) == (
        "A:123456789*B:999999990*C:PT*D:FS*E:N*F:20190812*G:FS CDVF/12345*H:CDF7T5HD-12345*I1:PT"
        "*I7:0.65*I8:0.15*N:0.15*O:0.80*Q:YhGV*R:9999*S:NU;0.80"
    )


def test_our_invoice_and_receipt() -> None:
    assert qr.text(OURS) == (
        "A:510123457*B:999999990*C:PT*D:FR*E:N*F:20261123*G:FR 2026A/15*H:JFX7K2P9-15*I1:PT"
        "*I2:40.00*I7:32.52*I8:7.48*N:7.48*O:80.00*Q:AbC1*R:0000"
    )


def test_all_exempt() -> None:
    exempt = replace(
        OURS,
        taxes=[qr.RegionTaxes("PT", exempt_base=D("60"))],
        tax_total=D("0"),
        gross_total=D("60"),
    )
    assert "*I1:PT*I2:60.00*N:0.00*O:60.00*Q:" in qr.text(exempt)


@pytest.mark.parametrize("hostile", ["12*3", "", "Ção", "a\nb"])
def test_what_the_code_cannot_hold_is_refused(hostile: str) -> None:
    with pytest.raises(ValueError, match="field B"):
        qr.text(replace(OURS, buyer_tax_id=hostile))


@pytest.mark.parametrize(
    ("document", "characters", "version"),
    [(OURS, 137, 9), (SIMPLIFIED, 141, 9), (INVOICE_OF_EVERYTHING, 452, 17)],
)
def test_the_image_has_the_official_size_and_a_quiet_zone_of_four_modules(
    document: qr.Document, characters: int, version: int
) -> None:
    content = qr.text(document)
    assert len(content) == characters

    image = ElementTree.fromstring(qr.svg(content))

    modules = 17 + 4 * version
    assert int(image.attrib["width"]) == (modules + 8) * 4
    smallest = segno.make(content, error="m", mode="byte", boost_error=False, micro=False)
    assert int(smallest.version) <= version
