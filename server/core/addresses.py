"""Where the site is: what letters and papers say for good, and the address at which somebody asks just now."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Addresses:
    """`lasting` is the site's address for everybody; `hosts` are the `host[:port]`s that are surely its own as well."""

    lasting: str
    hosts: frozenset[str] = frozenset()

    def asked_at(self, request: web.Request) -> str:
        """For links shown to the very person who asks. `Host` is the sender's word: what is mailed takes `lasting`."""
        return f"{request.scheme}://{request.host}" if request.host.lower() in self.hosts else self.lasting


ADDRESSES = web.AppKey("addresses", Addresses)
