"""Draws the picture of the viewer in the README: python -m tests.report.viewer.screenshot DATA ROW

DATA is a data folder with questions, ROW the id of the question that is shown.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium import webdriver

from simgen.report.png import save_png
from simgen.report.viewer.write import write_viewer
from simgen.store.folder import DataFolder
from tests.report.viewer.browser import start_browser

TARGET = Path(__file__).parents[3] / "docs/images/viewer.png"
SIZE_PX = (1440, 810)
COLORS = 256
"""A palette makes the file a third as large."""
WAIT_S = 60


def main(data: Path, row: str) -> None:
    browser = start_browser()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(write_viewer(DataFolder(data), Path(folder)).page)
        picture = take(browser, f"{page.as_uri()}#question={row}")
    browser.quit()
    save_png(picture.quantize(COLORS, dither=Image.Dither.NONE), TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


def take(browser: webdriver.Chrome, link: str) -> Image.Image:
    """What the browser shows when the clip of a link is there."""
    metrics = {"width": SIZE_PX[0], "height": SIZE_PX[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(link)
    end = time.monotonic() + WAIT_S
    while not browser.execute_script("return performance.getEntriesByName('first-clip').length"):
        assert time.monotonic() < end, browser.get_log("browser")
        time.sleep(0.1)
    time.sleep(1.0)  # the picture of the frame is decoded after the clip
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as picture:
        return picture.convert("RGB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
