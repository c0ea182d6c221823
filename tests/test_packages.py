from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_setup_cfg_lists_every_package() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = set(setup["options"]["packages"].split())
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "simgen").rglob("__init__.py")}
    # A folder that is not listed is there in a checkout, and missing once simgen is installed.
    assert {".".join(folder.parts) for folder in folders} <= listed
