"""The folders of the tiny processors: declaration, schema, SQL and entry point."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from shared.topology.declaration import RESULTS, SLOTS, TEAM_BOX, Phase, Window

_AREA = {Phase.ANALYTICS: "analytics", Phase.PRECOMPUTE: "precompute", Phase.PREDICTIONS: "predictions"}
_DATASET = {Phase.ANALYTICS: "nba_analytics", Phase.PRECOMPUTE: "nba_precompute"}

#: A team box with this number of assists makes the query of tiny_scores fail, whatever else is in the range.
BREAKS_THE_QUERY = 666
#: A team's points from this on are withheld; a date's points from that on fail the date.
IMPOSSIBLE_POINTS = 300
IMPOSSIBLE_DATE = 590


@dataclass(frozen=True)
class TinyFolder:
    """What the folder of a processor holds."""

    name: str
    phase: Phase
    inputs: tuple[tuple[str, Window], ...]
    date_column: str
    number_column: str
    query: str
    expected: str
    triage: str
    checks: str
    entity_type: str = "INT64"

    @property
    def class_name(self) -> str:
        """The processor's name in failure rows."""
        return "".join(part.title() for part in self.name.split("_")) + "Processor"

    def saying(self, **texts: str) -> TinyFolder:
        """The same processor with other SQL."""
        unknown = set(texts) - {"query", "expected", "triage", "checks"}
        if unknown:
            raise ValueError(f"Not a text of a processor: [{unknown}]")
        return replace(self, **texts)  # type: ignore[arg-type]

    def reading(self, sources: tuple[str, ...]) -> TinyFolder:
        """The same processor, declaring no other source than these: it hears of nothing else."""
        return replace(self, inputs=tuple(item for item in self.inputs if item[0] in sources))


def write_folder(services: Path, folder: TinyFolder) -> Path:
    """Write a processor's folder below `services`, and return it."""
    path = services / _AREA[folder.phase] / folder.name
    path.mkdir(parents=True, exist_ok=True)
    for name in ("query", "expected", "triage", "checks"):
        (path / f"{name}.sql").write_text(getattr(folder, name), encoding="utf-8")
    (path / "schema.json").write_text(json.dumps(_schema(folder)), encoding="utf-8")
    (path / "processor.py").write_text(_declaration(folder), encoding="utf-8")
    (path / "main.py").write_text(_MAIN.format(name=folder.name), encoding="utf-8")
    return path


_MAIN = '''"""Cloud Run entry point."""

import functions_framework
from cloudevents.http import CloudEvent

from services.bootstrap import handle


@functions_framework.cloud_event
def {name}(event: CloudEvent) -> None:
    """Handle one push."""
    handle(__file__, event)
'''


def _declaration(folder: TinyFolder) -> str:
    inputs = ", ".join(f"Input({source!r}, Window.{window.name})" for source, window in folder.inputs)
    return f"""
from pathlib import Path

from shared.topology.declaration import EntityType, Input, Phase, Processor, Window

PROCESSOR = Processor(
    name={folder.name!r},
    class_name={folder.class_name!r},
    abbreviation={"".join(part[0].upper() for part in folder.name.split("_"))!r},
    phase=Phase.{folder.phase.name},
    entity=EntityType.TEAM,
    entity_column="team_abbr",
    inputs=({inputs},),
    folder=Path(__file__).parent,
)
"""


def _schema(folder: TinyFolder) -> dict[str, object]:
    def column(name: str, kind: str) -> dict[str, str]:
        return {"name": name, "type": kind, "description": name}

    return {
        "table": f"{_DATASET[folder.phase]}.{folder.name}",
        "description": "A tiny table.",
        "partition_column": folder.date_column,
        "key": [folder.date_column, "team_abbr"],
        "columns": [
            column(folder.date_column, "DATE"),
            column("team_abbr", "STRING"),
            column(folder.number_column, folder.entity_type),
            column("run_id", "STRING"),
            column("processed_at", "TIMESTAMP"),
            column("data_hash", "STRING"),
        ],
    }


_SLOTS = """
  slots AS (
    SELECT game_date, home_team_tricode AS team_abbr, game_id
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') <> 'Postponed'
    UNION ALL
    SELECT game_date, away_team_tricode, game_id
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') <> 'Postponed'
  )"""

_EXPECTED_SLOTS = f"""
WITH {_SLOTS}
SELECT DISTINCT game_date AS cell_date, team_abbr AS entity_id, 'TEAM' AS entity_type
FROM slots
"""

_NO_CHECKS = """
SELECT 'never' AS check_name, CAST(NULL AS DATE) AS analysis_date, CAST(NULL AS STRING) AS entity_id,
  'never' AS detail
FROM (SELECT 1 AS one)
WHERE one = 2
"""


def _failure(category: str, kind: str, reason: str) -> str:
    return f"""
SELECT
  e.cell_date AS analysis_date, e.entity_id, 'TEAM' AS entity_type, '{category}' AS failure_category,
  '{kind}' AS failure_type, '{reason}' AS failure_reason, 1 AS expected_game_count, 0 AS actual_game_count,
  '[]' AS missing_game_dates, TRUE AS raw_data_checked, FALSE AS row_written, '[]' AS evidence,
  1 AS expected_record_count, 0 AS actual_record_count, '[]' AS missing_game_ids
FROM staging.expected AS e
LEFT JOIN staging.rows AS r ON r.team_abbr = e.entity_id AND r.{{date}} = e.cell_date
WHERE r.team_abbr IS NULL
"""


#: The points of each team on the date, as the team box has them.
SCORES = TinyFolder(
    name="tiny_scores",
    phase=Phase.ANALYTICS,
    inputs=((RESULTS, Window.ON_DATE), (TEAM_BOX, Window.ON_DATE)),
    date_column="game_date",
    number_column="points",
    query=f"""
SELECT
  b.game_date, b.team_abbr,
  b.points + IF(b.assists = {BREAKS_THE_QUERY}, CAST(b.team_abbr AS INT64), 0) AS points
FROM nba_raw.nbac_team_boxscore AS b
JOIN nba_raw.nbac_schedule AS s ON s.game_id = b.game_id AND s.game_date = b.game_date
WHERE b.game_date BETWEEN @first_date AND @last_date
  AND b.game_date IN UNNEST(@dates)
  AND s.game_date BETWEEN @first_date AND @last_date
  AND s.game_status = 3
  AND IFNULL(s.game_status_text, '') <> 'Postponed'
""",
    expected=_EXPECTED_SLOTS,
    triage=_failure("GAME_NOT_INGESTED", "DATA_GAP", "no team box").format(date="game_date"),
    checks=f"""
SELECT
  'points_in_range' AS check_name, game_date AS analysis_date, team_abbr AS entity_id,
  CONCAT(CAST(points AS STRING), ' points') AS detail
FROM staging.rows
WHERE points >= {IMPOSSIBLE_POINTS}
UNION ALL
SELECT
  'one_row_per_team', game_date, team_abbr, 'two rows'
FROM staging.rows
GROUP BY game_date, team_abbr
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'points_of_the_date', game_date, CAST(NULL AS STRING), CONCAT(CAST(SUM(points) AS STRING), ' points')
FROM staging.rows
GROUP BY game_date
HAVING SUM(points) >= {IMPOSSIBLE_DATE}
""",
)

#: A team's points in the season before the date.
FORM = TinyFolder(
    name="tiny_form",
    phase=Phase.PRECOMPUTE,
    inputs=((SLOTS, Window.ON_DATE), ("tiny_scores", Window.BEFORE)),
    date_column="analysis_date",
    number_column="points_before",
    query=f"""
WITH {_SLOTS}
SELECT s.game_date AS analysis_date, s.team_abbr, SUM(p.points) AS points_before
FROM slots AS s
JOIN nba_analytics.tiny_scores AS p ON p.team_abbr = s.team_abbr AND p.game_date < s.game_date
WHERE p.game_date >= @season_start AND p.game_date < @last_date
GROUP BY 1, 2
""",
    expected=_EXPECTED_SLOTS,
    triage=_failure("INSUFFICIENT_DATA", "INSUFFICIENT_HISTORY", "no earlier game").format(
        date="analysis_date"
    ),
    checks=_NO_CHECKS,
)

#: Twice what form says of the date.
CARD = TinyFolder(
    name="tiny_card",
    phase=Phase.PRECOMPUTE,
    inputs=((SLOTS, Window.ON_DATE), ("tiny_form", Window.ON_DATE)),
    date_column="analysis_date",
    number_column="twice",
    query="""
SELECT f.analysis_date, f.team_abbr, 2 * f.points_before AS twice
FROM nba_precompute.tiny_form AS f
WHERE f.analysis_date BETWEEN @first_date AND @last_date AND f.analysis_date IN UNNEST(@dates)
""",
    expected="""
SELECT DISTINCT f.analysis_date AS cell_date, f.team_abbr AS entity_id, 'TEAM' AS entity_type
FROM nba_precompute.tiny_form AS f
WHERE f.analysis_date BETWEEN @first_date AND @last_date AND f.analysis_date IN UNNEST(@dates)
""",
    triage=_failure("UPSTREAM_INCOMPLETE", "UPSTREAM_GAP", "no form").format(date="analysis_date"),
    checks=_NO_CHECKS,
)
