"""Shooting zones and a fixed catalogue of shot locations.

A shot of a game names a place of the catalogue, so that location, zone, distance and text of a shot always
agree, and so that writing 200,000 shots is a lookup and not 200,000 drawings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from services.ingest.synthetic.streams import stream

_RING_ACTIONS = (
    "Driving Layup Shot", "Layup Shot", "Cutting Layup Shot", "Running Layup Shot", "Tip Layup Shot",
    "Putback Layup Shot", "Dunk Shot", "Cutting Dunk Shot", "Alley Oop Dunk Shot",
)  # fmt: skip
_PAINT_ACTIONS = ("Driving Floating Jump Shot", "Floating Jump shot", "Hook Shot", "Turnaround Hook Shot")
_MIDDLE_ACTIONS = ("Jump Shot", "Pullup Jump shot", "Fadeaway Jump Shot", "Turnaround Jump Shot")
_THREE_ACTIONS = ("Jump Shot", "Pullup Jump shot", "Step Back Jump shot", "Running Jump Shot")

PLACES_PER_ZONE = 400
# Beyond 22 feet within 14 feet of the baseline, else beyond 23.75 feet: tenths of feet from the ring.
_ARC = 237.5
_CORNER = 220


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the court: how often it is shot from and made in the league, and what is typical there."""

    basic: str
    points: int
    shot_type: str
    share: float
    accuracy: float
    near_rim: bool
    assisted: float
    blocked: float
    and_one: float
    actions: tuple[str, ...]
    draw: Callable[[Random], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Place:
    """One location of the catalogue. Coordinates in tenths of feet from the ring, distance in feet.

    `event_distance` is the one in play-by-play, which is paced off anew and may be absent; `event_text` is
    how play-by-play describes a shot from here, without names.
    """

    zone: Zone
    area: str
    distance: int
    event_distance: int | None
    event_text: str
    loc_x: int
    loc_y: int
    action: str


def _at_ring(rng: Random) -> tuple[int, int]:
    return rng.randint(-27, 27), rng.randint(-25, 27)


def _in_paint(rng: Random) -> tuple[int, int]:
    return rng.randint(-79, 79), rng.randint(41, 128)


def _middle(rng: Random) -> tuple[int, int]:
    angle = rng.uniform(0.1, math.pi - 0.1)
    reach = rng.uniform(140, 215)
    return round(reach * math.cos(angle)), round(reach * math.sin(angle))


def _left_corner(rng: Random) -> tuple[int, int]:
    return rng.randint(-240, -_CORNER - 1), rng.randint(-45, 85)


def _right_corner(rng: Random) -> tuple[int, int]:
    return rng.randint(_CORNER + 1, 240), rng.randint(-45, 85)


def _above_break(rng: Random) -> tuple[int, int]:
    angle = rng.uniform(0.42, math.pi - 0.42)
    reach = rng.uniform(_ARC + 3, 280)
    return round(reach * math.cos(angle)), round(reach * math.sin(angle))


def _backcourt(rng: Random) -> tuple[int, int]:
    return rng.randint(-200, 200), rng.randint(430, 800)


def _zone(
    basic: str,
    points: int,
    *,
    share: float,
    accuracy: float,
    assisted: float,
    blocked: float,
    actions: tuple[str, ...],
    draw: Callable[[Random], tuple[int, int]],
) -> Zone:
    return Zone(
        basic=basic,
        points=points,
        shot_type=f"{points}PT",
        share=share,
        accuracy=accuracy,
        near_rim=actions in (_RING_ACTIONS, _PAINT_ACTIONS),
        assisted=assisted,
        blocked=blocked,
        and_one=0.08 if points == 2 else 0.008,
        actions=actions,
        draw=draw,
    )


BACKCOURT = _zone(
    "Backcourt",
    3,
    share=0.002,
    accuracy=0.03,
    assisted=0.2,
    blocked=0.0,
    actions=("Jump Shot",),
    draw=_backcourt,
)
ZONES: tuple[Zone, ...] = (
    _zone(
        "Restricted Area",
        2,
        share=0.29,
        accuracy=0.645,
        assisted=0.64,
        blocked=0.28,
        actions=_RING_ACTIONS,
        draw=_at_ring,
    ),
    _zone(
        "In The Paint (Non-RA)",
        2,
        share=0.18,
        accuracy=0.42,
        assisted=0.46,
        blocked=0.17,
        actions=_PAINT_ACTIONS,
        draw=_in_paint,
    ),
    _zone(
        "Mid-Range",
        2,
        share=0.13,
        accuracy=0.41,
        assisted=0.46,
        blocked=0.05,
        actions=_MIDDLE_ACTIONS,
        draw=_middle,
    ),
    _zone(
        "Left Corner 3",
        3,
        share=0.052,
        accuracy=0.38,
        assisted=0.97,
        blocked=0.01,
        actions=_THREE_ACTIONS,
        draw=_left_corner,
    ),
    _zone(
        "Right Corner 3",
        3,
        share=0.046,
        accuracy=0.38,
        assisted=0.97,
        blocked=0.01,
        actions=_THREE_ACTIONS,
        draw=_right_corner,
    ),
    _zone(
        "Above the Break 3",
        3,
        share=0.3,
        accuracy=0.345,
        assisted=0.88,
        blocked=0.015,
        actions=_THREE_ACTIONS,
        draw=_above_break,
    ),
    BACKCOURT,
)


def _area(zone: Zone, loc_x: int, distance: int) -> str:
    if zone is BACKCOURT:
        return "Back Court(BC)"
    if zone.basic == "Left Corner 3":
        return "Left Side(L)"
    if zone.basic == "Right Corner 3":
        return "Right Side(R)"
    if zone.basic == "Restricted Area" or abs(loc_x) < 75:
        return "Center(C)"
    side, letter = ("Left", "L") if loc_x < 0 else ("Right", "R")
    central = zone.points == 3 or (distance >= 16 and abs(loc_x) < 180)
    return f"{side} Side Center({letter}C)" if central else f"{side} Side({letter})"


def _event_text(zone: Zone, event_distance: int | None, action: str) -> str:
    distance = "" if event_distance is None else f"{event_distance}' "
    return f"{distance}{'3PT ' if zone.points == 3 else ''}{action}"


def _place(rng: Random, zone: Zone) -> Place:
    loc_x, loc_y = zone.draw(rng)
    distance = int(math.hypot(loc_x, loc_y) / 10)
    told = rng.random()
    event_distance = None if told < 0.1 else distance + (told > 0.75)
    action = rng.choice(zone.actions)
    return Place(
        zone=zone,
        area=_area(zone, loc_x, distance),
        distance=distance,
        event_distance=event_distance,
        event_text=_event_text(zone, event_distance, action),
        loc_x=loc_x,
        loc_y=loc_y,
        action=action,
    )


def build_catalogue(seed: int) -> tuple[Place, ...]:
    """Places of all zones: those of `ZONES[z]` are at `z * PLACES_PER_ZONE` and following."""
    rng = stream(seed, "shot catalogue")
    return tuple(_place(rng, zone) for zone in ZONES for _ in range(PLACES_PER_ZONE))
