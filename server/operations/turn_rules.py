"""The rules of a coturn, read before it starts: coturn itself passes over a rule that it cannot read, and opens.

`lianzhen doctor --turn-rules /etc/turnserver.conf` in its ExecStartPre keeps such a coturn from starting.
"""

import ipaddress
from collections.abc import Iterator

from server.operations.checks import is_weak
from server.operations.findings import Finding, bad, good

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NEVER = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4"),
    *("::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32"),
    *("2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)
"""Networks of the IANA special-purpose registries, and multicast, to which nothing may be relayed."""
NEEDED = ("use-auth-secret", "no-tcp-relay", "no-multicast-peers", "stale-nonce", "user-quota")


def faults(text: str) -> Iterator[Finding]:
    """What is wrong with these rules; nothing when coturn may start with them."""
    settings = [line.strip().partition("=") for line in text.splitlines() if line.strip()[:1] not in ("", "#")]
    named = {name.strip() for name, _, _ in settings}
    yield from (bad("turn_setting", "中继规则里缺少 %(name)s", name=name) for name in NEEDED if name not in named)
    secrets = [value.strip() for name, _, value in settings if name.strip() == "static-auth-secret"]
    if not secrets or any(map(is_weak, secrets)):
        yield bad("turn_rule_secret", "中继规则里的 static-auth-secret 没有设置或太弱", "openssl rand -hex 32")
    ranges = []
    for name, _, value in settings:
        if name.strip() == "denied-peer-ip":
            try:
                ranges.append(_range(value))
            except ValueError:
                yield bad("turn_rule_malformed", "中继规则 %(rule)s 写错了，coturn 会跳过它", rule=value)
    for name, _, value in settings:
        if name.strip() == "allowed-peer-ip" and not _is_one_address(value):
            yield bad("turn_rule_wide", "中继规则放行了 %(rule)s，只能放行本站转发媒体的一个地址", rule=value)
    for network in map(ipaddress.ip_network, NEVER):
        ends = (network[0], network[-1], network[network.num_addresses // 3])
        if not all(any(_denies(one, end) for one in ranges) for end in ends):
            remedy = "按 deploy/coturn/turnserver.conf 设置 denied-peer-ip"
            yield bad("turn_rule_missing", "中继规则没有挡住 %(network)s", remedy, network=str(network))


def examined(text: str) -> list[Finding]:
    return list(faults(text)) or [good("turn_rules", "中继规则挡住了所有内部地址")]


def _is_one_address(text: str) -> bool:
    try:
        low, high = _range(text)
    except ValueError:
        return False
    return low == high


def _range(text: str) -> tuple[Address, Address]:
    """Raises ValueError."""
    first, _, last = text.strip().partition("-")
    low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address((last or first).strip())
    if low.version != high.version:
        raise ValueError(text)
    return low, high


def _denies(rule: tuple[Address, Address], address: Address) -> bool:
    """As coturn 4.6 compares: numbers for IPv4, byte by byte for IPv6."""
    low, high = rule
    if low.version != address.version:
        return False
    if address.version == 4:
        return int(low) <= int(address) <= int(high)
    return all(a <= b <= c for a, b, c in zip(low.packed, address.packed, high.packed, strict=True))
