"""What this machine is called on its network, and by which of those names others reach a site on it."""

import ipaddress
import socket

import ifaddr

from server.operations.site import is_here

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_everywhere(host: str) -> bool:
    """Whether whoever listens there listens on every interface; no browser can open such an address."""
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - asked, not bound


def own_names(host: str = "", public_host: str = "") -> list[str]:
    """What this machine is called on its network: names first, then the addresses of its interfaces."""
    machine = socket.gethostname()
    short = machine.partition(".")[0]
    names = ["localhost", short, machine, f"{short}.local", public_host, "" if is_everywhere(host) else host]
    return list(dict.fromkeys([*filter(None, names), *map(str, own_addresses())]))


def own_addresses() -> list[Address]:
    """Loopback first, then the other interfaces; link-local IPv6 left out, a browser cannot name it."""
    texts = [ip.ip[0] if isinstance(ip.ip, tuple) else ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    found = {ipaddress.ip_address(text) for text in [*texts, "127.0.0.1", "::1"]}
    usable = [address for address in found if not (address.version == 6 and address.is_link_local)]
    return sorted(usable, key=lambda one: (not one.is_loopback, one.version, int(one)))


def reached_at(host: str) -> str:
    """The host by which others reach what listens on `host`: itself or, of every interface, the one to the network."""
    if not is_everywhere(host):
        return host
    version = 6 if host == "::" else 4
    others = [one for one in own_addresses() if one.version == version and not one.is_loopback]
    outward = _outward(version)
    if outward in others:
        return str(outward)
    return str(others[0]) if others else socket.gethostname()


def _outward(version: int) -> Address | None:
    """The address this machine would write from to the world (a bridge of containers is none). Sends nothing."""
    family, documentation = (socket.AF_INET6, "2001:db8::1") if version == 6 else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((documentation, 9))
            return ipaddress.ip_address(probe.getsockname()[0])
    except OSError:  # no way out
        return None


def names_elsewhere(host: str) -> list[str]:
    """The names and addresses by which other machines may ask for what listens on every interface."""
    return [name for name in own_names() if not is_here(name)] if is_everywhere(host) else []


def in_address(host: str) -> str:
    """As it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
