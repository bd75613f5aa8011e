"""Player names reduced to what every source spells alike."""

from __future__ import annotations

import unicodedata

# Letters that are letters of their own to Unicode, and so have no plain letter to decompose to.
_PLAIN_SPELLINGS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ĸ": "k",
    }
)


def player_lookup(name: str) -> str:
    """Return a name in lower case, accents removed, letters a to z only (`Dončić Jr.` -> `doncicjr`).

    Raises ValueError when no letter is left, because all such players would become one.
    """
    decomposed = unicodedata.normalize("NFKD", name).lower().translate(_PLAIN_SPELLINGS)
    lookup = "".join(letter for letter in decomposed if "a" <= letter <= "z")
    if not lookup:
        raise ValueError(f"A player's name without a Latin letter: [{name}]")
    return lookup
