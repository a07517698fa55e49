"""Kinds of institutions, consortia and services: words others may use without the tables."""

from enum import StrEnum


class Level(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Kind(StrEnum):
    GENERAL = "general"
    CHINESE_MEDICINE = "chinese_medicine"
    MATERNAL = "maternal"
    SPECIALTY = "specialty"
    COMMUNITY = "community"
    TOWNSHIP_CENTRE = "township_centre"
    VILLAGE_STATION = "village_station"
    AUTHORITY = "authority"


class Ownership(StrEnum):
    PUBLIC = "public"
    COLLECTIVE = "collective"
    PRIVATE = "private"


class ConsortiumKind(StrEnum):
    CITY_GROUP = "city_group"
    COUNTY_COMMUNITY = "county_community"
    SPECIALTY_ALLIANCE = "specialty_alliance"
    REMOTE_NETWORK = "remote_network"


class Service(StrEnum):
    """What an agreement may cover."""

    CONSULTATION = "consultation"
    DIAGNOSIS = "diagnosis"
    REFERRAL = "referral"
    TEACHING = "teaching"


class AgreementState(StrEnum):
    DRAFT = "draft"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


NEXT: dict[AgreementState, frozenset[AgreementState]] = {
    AgreementState.DRAFT: frozenset({AgreementState.IN_FORCE}),
    AgreementState.IN_FORCE: frozenset({AgreementState.SUSPENDED, AgreementState.TERMINATED}),
    AgreementState.SUSPENDED: frozenset({AgreementState.IN_FORCE, AgreementState.TERMINATED}),
    AgreementState.TERMINATED: frozenset(),
}
"""What may become of an agreement. That its time is over is no state: its dates say so."""
BINDING = frozenset({AgreementState.IN_FORCE, AgreementState.SUSPENDED})
"""Two of these never cover the same parties, service and day."""
RANK = {level: rank for rank, level in enumerate(Level)}
"""Provinces first: what stands above is of no lower level."""
