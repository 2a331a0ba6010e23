"""Where webhooks may go: what is not named, not public or oddly spelt is refused before anything is sent."""

import pytest
from waiting import awaited

from service.problems import Problem
from service.webhooks.targets import Host, Target, addresses, public, resolved, target

HOSTS = [
    Host.of(one) for one in ("hooks.example.org", "api.example.org:8443", "10.0.0.7:9000 private", "[::1] private")
]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Hooks.Example.org", Host("hooks.example.org", None, private=False)),
        ("hooks.example.org:8443", Host("hooks.example.org", 8443, private=False)),
        ("10.0.0.7:9000 private", Host("10.0.0.7", 9000, private=True)),
        ("[2001:db8::1]:80", Host("2001:db8::1", 80, private=False)),
        ("::1", None),
        ("", None),
        ("https://hooks.example.org", None),
        ("hooks.example.org/path", None),
        ("*.example.org", None),
        ("hooks.example.org:0", None),
        ("hooks.example.org:65536", None),
        ("hooks.example.org public", None),
    ],
)
def test_a_host_is_named_with_its_port_and_its_mark(written: str, expected: Host | None) -> None:
    """A setting names a host, perhaps with a port and the word "private"; anything else is refused."""
    if expected:
        assert Host.of(written) == expected
    else:
        with pytest.raises(ValueError, match="HOST:PORT"):
            Host.of(written)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.org", Target(True, "hooks.example.org", 443, "/", private=False)),
        ("https://HOOKS.example.org/a/b?c=d", Target(True, "hooks.example.org", 443, "/a/b?c=d", private=False)),
        ("http://hooks.example.org:443/", Target(False, "hooks.example.org", 443, "/", private=False)),
        ("https://api.example.org:8443/x", Target(True, "api.example.org", 8443, "/x", private=False)),
        ("http://10.0.0.7:9000/x", Target(False, "10.0.0.7", 9000, "/x", private=True)),
        ("http://[::1]/x", Target(False, "::1", 80, "/x", private=True)),
    ],
)
def test_a_url_of_a_host_that_is_named_leads_there(url: str, expected: Target) -> None:
    """Scheme, host, port and path are those of the URL; the mark is the setting's."""
    assert target(url, HOSTS) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.org/",
        "https://hooks.example.org.evil.org/",
        "https://hooks.example.org./",
        "https://hooks.example.org:8443/",
        "https://api.example.org/",
        "http://10.0.0.7/",
        "http://10.7:9000/",
        "http://0xa000007:9000/",
        "http://167772167:9000/",
        "http://012.0.0.7:9000/",
        "http://10.0.0.7@evil.org:9000/",
        "http://user:pass@hooks.example.org/",
        "http://hooks.example.org@169.254.169.254/",
        "http://hooks.example.org\\@evil.org/",
        "http://evil.org\\.hooks.example.org/",
        "http://evil.org#@hooks.example.org/",
        "http://hooks.example.org/#fragment",
        "http://hooks.example.org/\r\nHost: evil.org",
        "http://hooks.example.org/a b",
        "http://hooks.example.org/ä",
        "http://hooks.ехample.org/",
        "http://hooks.example.org:0/",
        "http://hooks.example.org:99999/",
        "http://hooks.example.org:x/",
        "http://[::1/",
        "http://[::ffff:10.0.0.7]:9000/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "gopher://hooks.example.org:80/",
        "//hooks.example.org/",
        "hooks.example.org",
        "http:///x",
        "",
        "https://hooks.example.org/" + "x" * 2_000,
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    """A host, a port or a spelling that is not named, a user, a fragment or a stray character is refused."""
    with pytest.raises(Problem) as refusal:
        target(url, HOSTS)
    assert (refusal.value.status_code, refusal.value.code) == (422, "webhook_refused")


def test_without_a_setting_every_url_is_refused() -> None:
    """Where no host is named no webhook may go anywhere."""
    with pytest.raises(Problem, match="webhook_hosts"):
        target("https://hooks.example.org/", [])


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.9.1", "169.254.169.254", "172.16.0.1", "192.0.2.1"),
        *("192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1"),
        *("fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2001:db8::1"),
        *("2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_an_address_that_is_not_public_is_known_in_any_clothes(address: str) -> None:
    """Private, loopback, link-local, shared, multicast, reserved, and each of these inside an IPv6 address."""
    assert not public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_an_address_of_the_public_network_is_public(address: str) -> None:
    """Also one that stands for a public IPv4 address."""
    assert public(address)


def test_only_public_addresses_of_a_host_are_used() -> None:
    """Of a host with public and private addresses the public ones are used; one with private ones only is refused."""

    async def answers(host: str, port: int) -> list[str]:
        return {"mixed": ["10.0.0.1", "8.8.8.8", "::1"], "inside": ["10.0.0.1"]}[host]

    def goal(host: str, *, private: bool) -> Target:
        return Target(False, host, 80, "/", private)

    assert awaited(addresses(goal("mixed", private=False), answers)) == ["8.8.8.8"]
    assert awaited(addresses(goal("inside", private=True), answers)) == ["10.0.0.1"]
    with pytest.raises(Problem, match="private"):
        awaited(addresses(goal("inside", private=False), answers))


@pytest.mark.parametrize("spelling", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1", "localhost"])
def test_odd_spellings_of_an_address_are_seen_through(spelling: str) -> None:
    """Even if the operator named such a host, the address that the system makes of it decides."""
    with pytest.raises(Problem, match="private"):
        awaited(addresses(target(f"http://{spelling}/", [Host.of(spelling)]), resolved))
