"""Players by id: one name, and so one lookup, for all tables of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.ingest.nba_stats.claims import Origin, PlayerName
from services.ingest.nba_stats.document import Fields
from shared.player_names import player_lookup


def player_name(origin: Origin, fields: Fields, id_name: str, *name_parts: str) -> PlayerName:
    """Read a player's id and name. Raises IngestError when there is no id, or no letter in the name."""
    name = " ".join(filter(None, (fields.optional_text(part) for part in name_parts)))
    try:
        player_lookup(name)
    except ValueError as e:
        raise fields.error("Not a player's name", name=name_parts[-1]) from e
    return PlayerName(origin, fields.whole(id_name), name)


@dataclass(frozen=True)
class Directory:
    """Name of each player id: the strongest format's, for spellings differ (Nic Claxton, Nicolas Claxton)."""

    names: Mapping[int, str]

    @classmethod
    def of(cls, claims: Iterable[PlayerName]) -> Directory:
        names: dict[int, str] = {}
        for claim in sorted(claims, key=lambda claim: (claim.player_id, claim.origin.standing, claim.name)):
            names.setdefault(claim.player_id, claim.name)
        return cls(names)

    def lookup(self, player_id: int | None) -> str | None:
        """The player's lookup; None for no player, and for one that no file names."""
        name = self.names.get(player_id) if player_id is not None else None
        return player_lookup(name) if name is not None else None
