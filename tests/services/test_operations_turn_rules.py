"""A coturn whose rules are malformed or full of holes is told before it starts (assurance MD-1)."""

import re

import pytest

from server.operations.turn_rules import examined, faults
from tests.turn import SHIPPED

SECRET = "static-auth-secret=8c1f0e5b9d7a46c2b3e4f50617a8d9c0e1b2c3d4f5a69788\n"
RULES = SHIPPED.read_text() + SECRET


def found(text):
    return [(one.code, *one.facts.values()) for one in faults(text)]


def test_the_shipped_rules_keep_every_inner_address_out():
    assert [one.code for one in examined(RULES)] == ["turn_rules"]


def test_they_wait_for_a_secret_of_the_site():
    assert found(SHIPPED.read_text()) == [("turn_rule_secret",)]
    assert found(SHIPPED.read_text() + "static-auth-secret=changeme") == [("turn_rule_secret",)]


def test_a_malformed_rule_is_told_and_so_is_what_it_leaves_open():
    rule = "10.0.0.0-10.255.255.256"
    assert found(RULES.replace("10.0.0.0-10.255.255.255", rule)) == [
        ("turn_rule_malformed", rule),
        ("turn_rule_missing", "10.0.0.0/8"),
    ]


@pytest.mark.parametrize(
    ("line", "network"),
    [
        ("denied-peer-ip=169.254.0.0-169.254.255.255\n", "169.254.0.0/16"),
        ("denied-peer-ip=2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n", "2002::/16"),
        ("denied-peer-ip=0:0:0:0:0:100::-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n", None),
    ],
)
def test_a_rule_left_out_is_told_by_the_network_it_opens(line, network):
    assert (("turn_rule_missing", network) in found(RULES.replace(line, ""))) == (network is not None)


def test_one_wide_range_would_not_do_for_ipv6():
    """coturn compares byte by byte: ::1-1fff:… lets ::ffff:10.0.0.0 through, seen on coturn 4.6.1."""
    kept = [line for line in RULES.splitlines() if not line.endswith("-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    narrow = "\n".join([*kept, "denied-peer-ip=::1-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
    assert ("turn_rule_missing", "::ffff:0:0/96") in found(narrow)


@pytest.mark.parametrize("name", ["no-tcp-relay", "use-auth-secret", "user-quota"])
def test_a_setting_left_out_is_told(name):
    without = re.sub(rf"^{name}(=.*)?$", "", RULES, flags=re.MULTILINE)
    assert found(without) == [("turn_setting", name)]


def test_one_address_of_our_own_may_be_let_through_and_no_more():
    assert found(f"{RULES}\nallowed-peer-ip=10.0.0.10\n") == []
    for wide in ("10.0.0.0-10.255.255.255", "everything"):
        assert found(f"{RULES}\nallowed-peer-ip={wide}\n") == [("turn_rule_wide", wide)]
