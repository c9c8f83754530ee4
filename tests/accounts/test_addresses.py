import pytest
from django.test import RequestFactory
from pytest_django import Settings

from clinic.accounts.addresses import client_address


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        (0, "198.51.100.7", None, "198.51.100.7"),
        (0, "198.51.100.7", "203.0.113.9", "198.51.100.7"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        # The bundle behind the balancer, then behind CloudFront too: the last are theirs.
        (1, "172.18.0.4", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "172.18.0.4", "1.2.3.4, 203.0.113.9, 130.176.0.1", "203.0.113.9"),
        (1, "10.0.0.1", None, "unknown"),
        (1, "10.0.0.1", "nonsense", "unknown"),
        (0, "", None, "unknown"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (0, "2001:db8:1:2::ffff", None, "2001:db8:1:2::/64"),
        (0, "::ffff:198.51.100.7", None, "198.51.100.7"),
    ],
)
def test_only_our_own_proxies_are_believed(
    settings: Settings,
    rf: RequestFactory,
    proxies: int,
    peer: str,
    forwarded: str | None,
    address: str,
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    request = rf.get("/", REMOTE_ADDR=peer, headers=headers)

    assert client_address(request) == address
