"""An input fingerprint depends on the declared windows and on nothing else, compared with brute force."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.planner.fingerprint import Chain, changed_inputs, input_fingerprint
from shared.topology.declaration import (
    GAME_LINES,
    INJURY_REPORT,
    PROPS,
    SHOT_CHART,
    Input,
    Phase,
    Window,
)
from tests.unit.planner.worlds import CARD, FORM, SCORES, SEASON, TREND, World, declared, on

#: One raw source per window, and a processor in every window a processor can be read in.
READER = declared(
    "reader",
    Phase.PREDICTIONS,
    (PROPS, Window.ON_DATE),
    (INJURY_REPORT, Window.THROUGH),
    (SHOT_CHART, Window.BEFORE),
    (GAME_LINES, Window.NEXT_WEEK),
    ("scores", Window.BEFORE),
    ("form", Window.ON_DATE),
    ("card", Window.THROUGH),
)
DAYS = 16
WEEK_AHEAD = 7


def seen(window: Window, cell_day: int, source_day: int) -> bool:
    """The windows of the design, by definition: strictly before D, D, up to D, up to D+7."""
    match window:
        case Window.ON_DATE:
            return source_day == cell_day
        case Window.BEFORE:
            return source_day < cell_day
        case Window.THROUGH:
            return source_day <= cell_day
        case Window.NEXT_WEEK:
            return source_day <= cell_day + WEEK_AHEAD
        case Window.OPENING | Window.PREVIOUS_SEASON | Window.EARLIER:
            raise ValueError(f"[{window}] is tested in test_earlier_seasons.py")


def full_world(outputs: dict[tuple[str, int], str]) -> World:
    """A season of DAYS dates; `outputs` are the fingerprints of sources and processors by date."""
    world = World((SCORES, FORM, CARD, READER))
    world.play(*(on(n) for n in range(DAYS)))
    for processor in (SCORES, FORM, CARD):
        for n in range(DAYS):
            text = outputs.get((processor.name, n))
            if text is not None:
                world.put(processor, on(n), text)
    for source in (PROPS, INJURY_REPORT, SHOT_CHART, GAME_LINES):
        for n in range(DAYS):
            text = outputs.get((source, n))
            if text is not None:
                world.land(source, on(n), "game", content=text)
    return world


def fingerprints(world: World) -> list[str]:
    cells = world.grid().cells["reader"]
    return [cells[on(n)].input_fingerprint for n in range(DAYS)]


SOURCES = tuple(item.source for item in READER.inputs)
A_CHANGE = st.tuples(
    st.sampled_from(SOURCES), st.integers(0, DAYS - 1), st.sampled_from([None, "a", "b", "new"])
)
SOME_OUTPUTS = st.dictionaries(
    st.tuples(st.sampled_from(SOURCES), st.integers(0, DAYS - 1)), st.sampled_from(["a", "b"]), max_size=60
)


@given(before=SOME_OUTPUTS, change=A_CHANGE)
def test_changing_one_upstream_date_changes_exactly_the_cells_whose_windows_hold_it(
    before: dict[tuple[str, int], str], change: tuple[str, int, str | None]
) -> None:
    source, source_day, text = change
    after = {key: value for key, value in before.items() if key != (source, source_day)}
    if text is not None:
        after[source, source_day] = text
    item = next(i for i in READER.inputs if i.source == source)
    differs = before.get((source, source_day)) != text

    old, new = fingerprints(full_world(before)), fingerprints(full_world(after))

    touched = [n for n in range(DAYS) if old[n] != new[n]]
    assert touched == [n for n in range(DAYS) if differs and seen(item.window, n, source_day)]


@given(before=SOME_OUTPUTS, change=A_CHANGE)
def test_the_changed_part_of_a_fingerprint_names_the_source_that_changed(
    before: dict[tuple[str, int], str], change: tuple[str, int, str | None]
) -> None:
    source, source_day, text = change
    after = {key: value for key, value in before.items() if key != (source, source_day)}
    if text is not None:
        after[source, source_day] = text

    old, new = fingerprints(full_world(before)), fingerprints(full_world(after))

    named = {name for a, b in zip(old, new, strict=True) for name in changed_inputs(READER, a, b)}
    item = next(i for i in READER.inputs if i.source == source)
    assert named <= {f"{source} ({item.window.value})"}


@given(outputs=SOME_OUTPUTS, later=st.integers(1, DAYS))
def test_appending_later_dates_changes_no_earlier_fingerprint(
    outputs: dict[tuple[str, int], str], later: int
) -> None:
    """What is known up to a date is a function of what was known up to it (slots a week ahead apart)."""
    cut = {key: value for key, value in outputs.items() if key[1] < later or key[0] == GAME_LINES}

    whole, before = fingerprints(full_world(outputs)), fingerprints(full_world(cut))

    assert whole[:later] == before[:later]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param(Window.ON_DATE, [10], id="on D"),
        pytest.param(Window.BEFORE, list(range(11, DAYS)), id="before D: not the date itself"),
        pytest.param(Window.THROUGH, list(range(10, DAYS)), id="through D: the date itself as well"),
        pytest.param(
            Window.NEXT_WEEK, list(range(3, DAYS)), id="next week: from seven days before, not eight"
        ),
    ],
)
def test_boundaries_of_each_window(window: Window, expected: list[int]) -> None:
    reader = declared("reader", Phase.PRECOMPUTE, (PROPS, window))
    world = World((reader,))
    world.schedule(*(on(n) for n in range(DAYS)))
    before = copy.deepcopy(world)
    world.land(PROPS, on(10), "game")

    old, new = fingerprints(before), fingerprints(world)

    assert [n for n in range(DAYS) if old[n] != new[n]] == expected


class TestSeasons:
    NEXT_FIRST = dt.date(2022, 10, 18)

    def two_seasons(self) -> World:
        world = World((SCORES, FORM, CARD, TREND))
        world.play(on(0), on(1))
        world.play(self.NEXT_FIRST, self.NEXT_FIRST + dt.timedelta(days=1), season=SEASON + 1)
        world.run_everything()
        return world

    def test_windows_begin_with_the_season(self) -> None:
        world = self.two_seasons()
        before = world.cell(FORM, self.NEXT_FIRST).input_fingerprint
        world.run(SCORES, on(1), output="corrected last season")

        assert world.cell(FORM, self.NEXT_FIRST).input_fingerprint == before

    def test_change_in_a_season_leaves_every_cell_of_the_next_current(self) -> None:
        world = self.two_seasons()
        world.run(SCORES, on(0), output="corrected last season")
        grid = world.grid()

        stale = {
            day for cells in grid.cells.values() for day, c in cells.items() if c.state.value != "current"
        }
        assert stale == {on(1)}

    def test_next_week_does_not_reach_into_the_next_season(self) -> None:
        ahead = declared("ahead", Phase.ANALYTICS, (PROPS, Window.NEXT_WEEK))
        world = World((ahead,))
        world.schedule(on(0))
        world.schedule(on(3), season=SEASON + 1)
        before = world.cell(ahead, on(0)).input_fingerprint
        world.land(PROPS, on(3), "game", season=SEASON + 1)

        assert world.cell(ahead, on(0)).input_fingerprint == before

    def test_each_season_has_its_own_calendar(self) -> None:
        grid = self.two_seasons().grid()

        assert [(s.season_year, s.start, len(s.dates)) for s in grid.seasons] == [
            (SEASON, on(0), 2),
            (SEASON + 1, self.NEXT_FIRST, 2),
        ]

    def test_season_of_a_date_is_none_for_a_day_without_games(self) -> None:
        grid = self.two_seasons().grid()

        assert grid.season_of(on(2)) is None
        assert grid.season_of(dt.date(2022, 7, 1)) is None
        assert grid.season_of(on(1)) is grid.seasons[0]
        assert grid.season_of(self.NEXT_FIRST) is grid.seasons[1]


class TestChain:
    def test_nothing_in_the_window_is_not_the_same_as_something(self) -> None:
        chain = Chain([(on(5), "a")])

        assert chain.part(Window.BEFORE, on(5)) == "-"
        assert chain.part(Window.BEFORE, on(6)) != "-"

    def test_rows_on_another_date_are_another_window(self) -> None:
        assert Chain([(on(1), "a")]).part(Window.BEFORE, on(9)) != Chain([(on(2), "a")]).part(
            Window.BEFORE, on(9)
        )

    def test_dates_without_rows_leave_no_trace(self) -> None:
        with_empty = Chain([(on(1), "a"), (on(2), "empty"), (on(3), "b")])
        without = Chain([(on(1), "a"), (on(3), "b")])

        assert with_empty.part(Window.BEFORE, on(9)) == without.part(Window.BEFORE, on(9))
        assert with_empty.part(Window.ON_DATE, on(2)) == without.part(Window.ON_DATE, on(2)) == "-"

    @given(st.lists(st.sampled_from(["a", "b", "ab", "a;2021-10-20=b"]), min_size=1, max_size=6))
    def test_prefixes_of_a_season_have_fingerprints_of_their_own(self, outputs: list[str]) -> None:
        chain = Chain((on(n), text) for n, text in enumerate(outputs))

        parts = [chain.part(Window.BEFORE, on(n)) for n in range(len(outputs) + 1)]

        assert len(set(parts)) == len(parts)


def test_changed_inputs_of_another_number_of_inputs_is_the_code() -> None:
    assert changed_inputs(CARD, input_fingerprint("code", ["a"]), input_fingerprint("code", ["a", "b"])) == (
        "the processor's code",
    )


def test_code_version_depends_on_inputs_and_parameters_of_the_declaration() -> None:
    versions = {
        declared("p", Phase.PRECOMPUTE, (PROPS, Window.BEFORE)).code_version,
        declared("p", Phase.PRECOMPUTE, (PROPS, Window.THROUGH)).code_version,
        declared("p", Phase.PRECOMPUTE, (PROPS, Window.BEFORE), version=2).code_version,
        declared("q", Phase.PRECOMPUTE, (PROPS, Window.BEFORE)).code_version,
    }

    assert len(versions) == 4


def test_inputs_are_what_the_declaration_says() -> None:
    assert Input(PROPS, Window.ON_DATE) in READER.inputs
    assert {i.window for i in READER.inputs} == {w for w in Window if not w.crosses_seasons}
