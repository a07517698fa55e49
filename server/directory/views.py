"""Institutions, consortia and agreements as pages show them, and what a form may choose from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from server.core.i18n import today
from server.core.unit import Unit
from server.directory import consortia, policy, queries, words
from server.directory.kinds import AgreementState, Service
from server.directory.model import Agreement, Consortium, Institution

Say = Any
Choices = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Branch:
    """An institution with its depth in the tree."""

    institution: Institution
    depth: int
    level: str
    kind: str
    found: bool
    """Or only shown because it stands above one that was."""


def branch(one: Institution, depth: int, translate: Say, *, found: bool) -> Branch:
    return Branch(
        institution=one,
        depth=min(depth, 5),
        level=translate(words.LEVEL_WORDS[one.level]),
        kind=translate(words.KIND_WORDS[one.kind]),
        found=found,
    )


def yuan(cents: int) -> str:
    """59500 → 595, 59550 → 595.50"""
    return f"{cents // 100}" if cents % 100 == 0 else f"{Decimal(cents) / 100:.2f}"


@dataclass(frozen=True, kw_only=True)
class AgreementLine:
    id: str
    number: str
    inviting: str
    invited: str
    services: str
    starts: date
    ends: date
    fee: str
    word: str
    tone: str
    state: str
    renewed: bool


async def agreement_lines(unit: Unit, agreements: Iterable[Agreement], translate: Say) -> list[AgreementLine]:
    rows = list(agreements)
    names = await queries.short_names(unit, {id for one in rows for id in one.parties})
    renewals = await queries.renewals_of(unit, [one.id for one in rows])
    return [_line(one, names, one.id in renewals, today(unit.now), translate) for one in rows]


def _line(one: Agreement, names: Mapping[str, str], renewed: bool, on: date, translate: Say) -> AgreementLine:
    word, tone = words.standing(one, on)
    return AgreementLine(
        id=one.id,
        number=one.number,
        inviting=names.get(one.inviting_id, ""),
        invited=names.get(one.invited_id, ""),
        services=translate("、").join(translate(words.SERVICE_WORDS[Service(service)]) for service in one.services),
        starts=one.starts,
        ends=one.ends,
        fee=yuan(one.fee_cents),
        word=translate(word),
        tone=tone,
        state=one.state.value,
        renewed=renewed,
    )


async def readable_agreements(unit: Unit, institution_ids: Iterable[str] | None = None) -> list[Agreement]:
    """Those the actor may read, of these institutions or of all."""
    near = await queries.near(unit)
    rows = await queries.agreements(unit, institution_ids)
    return [one for one in rows if unit.may("agreement.read", policy.relations(unit.actor, one.parties, near))]


@dataclass(frozen=True, kw_only=True)
class ConsortiumLine:
    row: Consortium
    kind: str
    lead: str
    members: int
    ours: bool


async def consortium_lines(unit: Unit, rows: Iterable[Consortium], translate: Say) -> list[ConsortiumLine]:
    found = list(rows)
    leads = await queries.short_names(unit, {one.lead_id for one in found})
    counts = await queries.member_counts(unit)
    return [
        ConsortiumLine(
            row=one,
            kind=translate(words.CONSORTIUM_WORDS[one.kind]),
            lead=leads.get(one.lead_id, ""),
            members=counts.get(one.id, 0),
            ours=one.id in unit.actor.consortium_ids,
        )
        for one in found
    ]


# ---- what wants attention


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What an administrator of the directory should see to."""

    ended: list[Agreement]
    expiring: list[Agreement]
    drafts: list[Agreement]
    suspended: list[Institution]


async def attention(unit: Unit) -> Attention:
    rows, on = await readable_agreements(unit), today(unit.now)
    renewals = await queries.renewals_of(unit, [one.id for one in rows])
    running = [one for one in rows if one.state is AgreementState.IN_FORCE and one.id not in renewals]
    mine = await queries.institutions(unit, await queries.places_for(unit, "directory.manage"))
    return Attention(
        ended=[one for one in running if one.ended(on)],
        expiring=[one for one in running if 0 < (one.ends - on).days <= words.EXPIRING],
        drafts=[one for one in rows if one.state is AgreementState.DRAFT],
        suspended=[one for one in mine if one.suspended],
    )


async def party_names(unit: Unit, agreements: Iterable[Agreement]) -> dict[str, str]:
    """Agreement → 青溪卫生院 → 市一院."""
    rows = list(agreements)
    names = await queries.short_names(unit, {id for one in rows for id in one.parties})
    return {one.id: f"{names.get(one.inviting_id, '')} → {names.get(one.invited_id, '')}" for one in rows}


# ---- choices


def choices(table: Mapping[Any, str], translate: Say) -> Choices:
    return [(str(code), translate(word)) for code, word in table.items()]


def named(places: Iterable[Institution]) -> Choices:
    return [(one.id, one.short_name) for one in places]


async def parent_choices(unit: Unit, itself: Institution | None = None) -> Choices:
    """Institutions of the actor's consortia, authorities, and what stands above it now."""
    near = await queries.institutions(unit, await queries.near(unit) | {(itself and itself.parent_id) or ""})
    every = {one.id: one for one in [*await queries.authorities(unit), *near]}
    return [(one.id, f"{one.short_name} · {one.code}") for one in every.values() if not itself or one.id != itself.id]


async def own_consortia(unit: Unit) -> Choices:
    rows = await queries.consortia(unit)
    return [(one.id, one.name) for one in rows if one.id in unit.actor.consortium_ids]


async def member_choices(unit: Unit, besides: Iterable[str] = ()) -> Choices:
    taken = set(besides)
    return [(one.id, one.short_name) for one in await consortia.joinable(unit) if one.id not in taken]
