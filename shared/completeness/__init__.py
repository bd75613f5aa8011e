"""Who is expected, and why a game is missing: SQL shared by all processors that need to know.

The statements read the sources of `EVIDENCE` and the player summaries; whoever runs them declares these.
"""

from shared.topology.declaration import EVIDENCE, Input, Window

#: Everything the shared statements read.
READS = (*EVIDENCE, Input("player_game_summary", Window.BEFORE))

#: The names of what they read, each once.
SOURCES = tuple(sorted({item.source for item in READS}))
