"""Invented player names, and the lookup that a source gives a person.

Surnames are built from made-up parts, so that nobody real is named. Some names carry accents, an apostrophe
or a hyphen.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from shared.player_names import player_lookup

_FIRST_NAMES = (
    "Adrian", "Alonzo", "Amari", "Anton", "Ari", "Bastian", "Beau", "Bram", "Callum", "Casimir",
    "Cedric", "Cyrus", "Darnell", "Dario", "Denzel", "Desmond", "Dominik", "Elias", "Emeka", "Enzo",
    "Étienne", "Everett", "Fabian", "Felix", "Gideon", "Goran", "Hakim", "Hugo", "Idris", "Ilya",
    "Ivo", "Jabari", "Jerome", "João", "Jonas", "Kasim", "Keaton", "Kwame", "Lamar", "Leandro",
    "Levi", "Lorenz", "Luca", "Mads", "Malik", "Marek", "Maxim", "Milo", "Nando", "Nikola", "Noel",
    "Obi", "Omar", "Orlando", "Pascal", "Quentin", "Raúl", "Reggie", "Rémy", "Roman", "Rufus",
    "Sami", "Sergio", "Silas", "Sören", "Tariq", "Theo", "Tomás", "Tyrell", "Uri", "Viktor",
    "Wendell", "Xavier", "Yannick", "Yusuf", "Zane", "Zoran", "K.J.", "D'Marco", "Jean-Luc",
)  # fmt: skip
_SURNAME_STARTS = (
    "Abr", "Bal", "Bex", "Brann", "Cald", "Corv", "Dask", "Drell", "Dunm", "Eld", "Ever", "Fask",
    "Ferr", "Galv", "Grev", "Hask", "Holv", "Ibar", "Jarr", "Jost", "Kell", "Kresn", "Lask", "Lorv",
    "Mald", "Merr", "Norv", "Okv", "Orm", "Pell", "Prov", "Quill", "Rask", "Rhyd", "Selv", "Skarn",
    "Tarv", "Thess", "Ulm", "Vark", "Velm", "Wex", "Wold", "Yarn", "Zell", "Zoric", "Šarv", "Ñar",
    "D'Arv", "O'Kess",
)  # fmt: skip
_SURNAME_ENDS = (
    "ane", "ard", "asco", "aude", "ault", "bury", "by", "dell", "eaux", "ecki", "eno", "enko",
    "eric", "ert", "ez", "holt", "ic", "ick", "ière", "ik", "in", "is", "le", "man", "mond", "nor",
    "oba", "oko", "olt", "ón", "orn", "os", "oux", "ović", "quist", "ridge", "som", "ström", "ton",
    "ule", "und", "well", "wick", "yn",
)  # fmt: skip


@dataclass(frozen=True)
class PlayerName:
    """A display name, the surname that play-by-play texts use, and the lookup a source gives the person."""

    full: str
    surname: str
    lookup: str


def named(full: str, surname: str) -> PlayerName:
    """A name whose lookup follows the rule."""
    return PlayerName(full=full, surname=surname, lookup=player_lookup(full))


ACCENT_PLAIN = named("Mateo Sandrao", "Sandrao")
# By the rule both would be one person, so the source has to tell them apart: the second keeps the letters and
# takes one more at the end.
ACCENT_ACCENTED = PlayerName(full="Mateo Sandrão", surname="Sandrão", lookup="mateosandraob")
SUFFIX_SENIOR = named("Terrell Vossick", "Vossick")
SUFFIX_JUNIOR = named("Terrell Vossick Jr.", "Vossick")


class NamePool:
    """Draws names that nobody else in the league has, and surnames that no team-mate has."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        pairs = (ACCENT_PLAIN, ACCENT_ACCENTED, SUFFIX_SENIOR, SUFFIX_JUNIOR)
        self._taken = {name.lookup for name in pairs}

    def draw(self, team_surnames: set[str]) -> PlayerName:
        """Return a new name and add its surname to `team_surnames`."""
        while True:
            surname = self._rng.choice(_SURNAME_STARTS) + self._rng.choice(_SURNAME_ENDS)
            name = named(f"{self._rng.choice(_FIRST_NAMES)} {surname}", surname)
            if name.lookup not in self._taken and surname not in team_surnames:
                self._taken.add(name.lookup)
                team_surnames.add(surname)
                return name
