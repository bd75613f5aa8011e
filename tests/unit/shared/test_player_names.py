"""One lookup per name, however a source writes it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.player_names import player_lookup

LATIN = st.text(
    st.characters(min_codepoint=0x41, max_codepoint=0x17E, categories=["Lu", "Ll"], exclude_characters="µ"),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize(
    ("name", "lookup"),
    [
        ("Adam O'Nowhere Jr.", "adamonowherejr"),
        ("J.P. Some-Where III", "jpsomewhereiii"),
        ("Šarūnas Ćosić", "sarunascosic"),
        ("Søren Łukasz Đorđe", "sorenlukaszdorde"),
        ("Weiß Æther Œuvre", "weissaetheroeuvre"),
        ("Þór Eiður", "thoreidur"),
        ("Işık İnce", "isikince"),
    ],
)
def test_accents_case_and_punctuation_go_letters_stay(name: str, lookup: str) -> None:
    assert player_lookup(name) == lookup


@pytest.mark.parametrize("name", ["", "  ", "- 7 -", "Иван"])
def test_a_name_without_a_latin_letter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="without a Latin letter"):
        player_lookup(name)


@given(LATIN)
def test_every_latin_name_gives_plain_letters_and_is_its_own_lookup(name: str) -> None:
    lookup = player_lookup(name)

    assert lookup.isascii()
    assert lookup.isalpha()
    assert lookup == lookup.lower()
    assert player_lookup(lookup) == lookup


@given(LATIN, st.text(" .'-’\u0301\u0308", max_size=5), st.integers(0, 20))
def test_spelling_does_not_matter(name: str, noise: str, place: int) -> None:
    lookup = player_lookup(name)

    assert player_lookup(unicodedata.normalize("NFC", name)) == lookup
    assert player_lookup(unicodedata.normalize("NFD", name)) == lookup
    assert player_lookup(name.upper()) == lookup
    assert player_lookup(name[:place] + noise + name[place:]) == lookup
