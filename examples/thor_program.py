"""An AI2-THOR program: it enters a house and saves what it sees. It does not import simgen.

    simgen houses sample --recipe demo
    simgen thor run -- python examples/thor_program.py simgen-data/demo/houses.jsonl.gz

With a GPU and AI2-THOR's own build, run it without `simgen thor run --`.
"""

import gzip
import json
import sys

from ai2thor.controller import Controller
from PIL import Image

with gzip.open(sys.argv[1], "rt") as file:
    house = json.loads(file.readline())  # one house a line, in ProcTHOR-10K's format

controller = Controller(scene="Procedural", width=640, height=480, renderInstanceSegmentation=True)
controller.step(action="CreateHouse", house=house, raise_for_failure=True)
places = controller.step(action="GetReachablePositions").metadata["actionReturn"]
print(f"{len(places)} positions are free")

event = controller.step(
    action="TeleportFull",
    position=places[len(places) // 2],
    rotation={"x": 0.0, "y": 90.0, "z": 0.0},
    horizon=10.0,
    standing=True,
    raise_for_failure=True,
)
visible = sorted({item["objectType"] for item in event.metadata["objects"] if item["visible"]})
print(f"visible within 1.5 m: {', '.join(visible) or 'nothing'}")
print(f"{len(event.instance_masks)} objects in the picture")
Image.fromarray(event.frame).save("view.png")
controller.stop()
