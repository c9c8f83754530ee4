import pytest

from realtime import origins

OWN = origins.serialised("https://vez.example")
TOKEN = (b"authorization", b"Device abc")


def asked(*headers: tuple[bytes, bytes]) -> bool:
    return origins.allowed(headers, OWN)


@pytest.mark.parametrize(
    ("public", "as_a_browser_writes_it"),
    [
        ("https://vez.example", b"https://vez.example"),
        ("https://vez.example:443", b"https://vez.example"),
        ("https://VEZ.example", b"https://vez.example"),
        ("http://localhost:8000", b"http://localhost:8000"),
        ("http://localhost:80", b"http://localhost"),
        ("http://[::1]:8000", b"http://[::1]:8000"),
    ],
)
def test_our_own_origin_is_written_as_a_browser_does(
    public: str, as_a_browser_writes_it: bytes
) -> None:
    assert origins.serialised(public) == as_a_browser_writes_it


def test_the_exact_origin_is_let_in() -> None:
    assert asked((b"origin", b"https://vez.example"))


@pytest.mark.parametrize(
    "origin",
    [
        b"http://vez.example",
        b"https://vez.example:8443",
        b"https://vez.example.evil.example",
        b"https://evil.example",
        b"https://vez.example@evil.example",
        b"https://sub.vez.example",
        b"https://vez.example/",
        b"null",
        b"",
        b"http://[::1",
        b"https://vez.example:99999",
        b"https://vez.example\n",
        b"\xff\xfe",
    ],
)
def test_every_other_origin_is_refused_even_beside_a_token(origin: bytes) -> None:
    assert not asked((b"origin", origin))
    assert not asked((b"origin", origin), TOKEN)


def test_two_origins_are_refused() -> None:
    assert not asked((b"origin", b"https://vez.example"), (b"origin", b"https://vez.example"))


def test_no_origin_is_for_a_devices_token_alone() -> None:
    assert asked(TOKEN)
    assert not asked()
    assert not asked((b"cookie", b"__Host-at=abc"))
    assert not asked((b"authorization", b"Bearer abc"))
    assert not asked(TOKEN, TOKEN)
