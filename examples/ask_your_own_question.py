"""Ask a question of your own: a YAML file, whose answers are computed and verified like simgen's own.

simgen render --recipe demo
python examples/ask_your_own_question.py
"""

from pathlib import Path

import simgen

page = Path("coarse_distance.yaml")
page.write_text("""\
extends: absolute_distance      # a bundled template; this page gives only what differs
id: coarse_distance
margins: {smallest: 0.5}        # metres: closer objects are not asked about
phrasings:
  - Roughly how many meters are there between the {{ a }} and the {{ b }}?
  - By sight, what is the gap between the {{ a }} and the {{ b }}, in meters?
  - About how far apart are the {{ a }} and the {{ b }}, in meters?
""")

asked = simgen.ask(str(page), dataset="demo")  # this replaces the questions of the data set `demo`
print(f"{asked.questions} questions about {asked.clips} clips; not asked: {asked.rejected}")

row = simgen.load_rows("demo")[0]
print(row.question)
print(row.target)  # the map, the reasoning and the answer that a model is trained to write

checked = simgen.verify(dataset="demo", templates=[str(page)])
print(f"{checked.checked} rows verified, {checked.failed} failed")
