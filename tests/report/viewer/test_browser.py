"""The viewer in a real browser: scrub, point, filter, link, flag. No page writes an error to the console.

In the synthetic clip each object owns a column of 8 of 64 pixels, in the order of `tests.synthetic.OBJECTS`,
and everything is 2.5 m away.
"""

import base64
import json
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from simgen.qa.drop import DropSummary, drop_flagged
from simgen.report.viewer.write import write_viewer
from simgen.store.folder import DataFolder
from simgen.store.rows import read_ledger
from tests.report.viewer.browser import CHROMIUM, DRIVER, MISSING, start_browser
from tests.report.viewer.scene import ASKED, UNASKED, rows_of, write_kitchens

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING),
]
WAIT_S = 30
MANY_CLIPS, QUESTIONS_EACH = 100, 50


class Page:
    """The viewer in the browser."""

    def __init__(self, browser: webdriver.Chrome, folder: Path) -> None:
        self.browser, self.folder = browser, folder

    def open(self, link: str = "") -> None:
        """Loads the page anew and waits until a clip is shown."""
        self.browser.get("about:blank")
        self.browser.get(f"{(self.folder / 'index.html').as_uri()}{link}")
        self.wait(lambda: self.run("performance.getEntriesByName('first-clip').length"))

    def run(self, script: str) -> Any:
        return self.browser.execute_script(f"return {script}")

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def wait(self, is_so: Callable[[], Any]) -> None:
        end = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < end, self.browser.get_log("browser")
            time.sleep(0.02)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    browser = start_browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataFolder, Path]:
    """The data folder and the viewer of it."""
    folder = tmp_path_factory.mktemp("viewer")
    data = write_kitchens(folder / "data")
    write_viewer(data, folder / "view")
    return data, folder / "view"


@pytest.fixture
def page(browser: webdriver.Chrome, written: tuple[DataFolder, Path]) -> Iterator[Page]:
    yield Page(browser, written[1])
    assert browser.get_log("browser") == []


def test_the_scrubber_moves_frame_and_camera(page: Page) -> None:
    page.open()
    before = page.find(".camera polygon").get_attribute("points")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.text("#frame-name").startswith("3 / 6 · 0.4 s")
    assert page.find(".camera polygon").get_attribute("points") != before
    # The question shows frames 0, 2, 3 and 5 of 6: the ticks lead there.
    page.browser.find_elements(By.CSS_SELECTOR, "#ticks button")[-1].click()
    assert page.text("#frame-name").startswith("6 / 6 · 1.0 s · frame 4 of the question")


@pytest.mark.parametrize("layer", ["1", "2", "3"])
def test_the_pointer_reads_name_and_metres(page: Page, layer: str) -> None:
    page.open()
    page.press(layer)
    picture = page.find("#picture")
    # The middle of the sixth of eight columns: the sofa.
    offset = round(picture.size["width"] * (5.5 / 8 - 0.5))
    ActionChains(page.browser).move_to_element_with_offset(picture, offset, 0).perform()
    assert page.text("#pointed") == "sofa · 2.5 m"
    # 2.5 m ahead of the camera: 10 degrees down and 0.375 / fx of the width to the right of its axis.
    x, y = page.run("simgenViewer.highlight.point")
    focal = 1.0 / (2.0 * 0.70021) / (64 / 48)  # tan(35 degrees) is 0.70021; in shares of the width
    assert x == pytest.approx(2.5 * (5.5 / 8 - 0.5) / focal, abs=0.1)
    assert y == pytest.approx(2.5 * 0.98481, abs=0.05)  # the cosine of 10 degrees


def test_filters_and_search_leave_the_questions_that_fit(page: Page) -> None:
    page.open()
    assert page.text("#shown") == "6 questions, 1 clip without"
    Select(page.find("#filter-template")).select_by_value("center_distance")
    assert page.text("#shown") == "3 of 6 questions"
    assert len(page.browser.find_elements(By.CSS_SELECTOR, ".row")) == 3
    page.find("#find").send_keys("no such words")
    assert page.text("#shown") == "0 of 6 questions"
    page.find("#clear").click()
    assert page.text("#shown") == "6 questions, 1 clip without"


def test_a_clip_without_questions_is_listed_and_shown(page: Page) -> None:
    page.open()
    last = page.browser.find_elements(By.CSS_SELECTOR, ".row")[-1]
    assert last.text.splitlines() == ["no questions", f"6 frames · {UNASKED}"]
    last.click()
    page.wait(lambda: page.text("#question-panel h2") == UNASKED)
    assert "No question is asked about this clip" in page.text("#question-panel")
    page.press(Keys.ARROW_RIGHT, "f")  # it can be scrubbed, and not be flagged
    assert page.text("#frame-name").startswith("2 / 6")
    assert page.text("#flagged") == "0 flagged"
    page.open(page.run("location.hash"))
    assert page.text("#question-panel h2") == UNASKED
    assert page.find(".row[aria-selected=true]").text.startswith("no questions")
    page.press("k")
    page.wait(lambda: page.text("#question-panel h2") != UNASKED)


def test_a_link_restores_what_was_shown(page: Page, written: tuple[DataFolder, Path]) -> None:
    last = rows_of(written[0])[-1]
    page.open()
    Select(page.find("#filter-group")).select_by_value("distance")
    page.browser.find_elements(By.CSS_SELECTOR, ".row")[-1].click()
    page.wait(lambda: page.text("#question-panel h2") == last.question)
    page.press("3", Keys.ARROW_RIGHT)
    link = page.run("location.hash")
    page.open(link)
    assert page.text("#question-panel h2") == last.question
    assert f"{last.answer} m" in page.text("#question-panel .number")
    assert page.text("#frame-name").startswith("2 / 6")
    assert page.find("[data-layer=ids]").get_attribute("aria-pressed") == "true"
    assert page.find("#filter-group").get_attribute("value") == "distance"


def test_a_name_in_the_thought_marks_its_box(page: Page) -> None:
    page.open()
    name = page.find(".thought .link")
    ActionChains(page.browser).move_to_element(name).perform()
    assert page.find(f".map [data-entry={name.text}]").is_displayed()
    assert len(page.browser.find_elements(By.CSS_SELECTOR, ".pointed polygon")) == 2


def test_the_downloaded_flags_drop_the_questions(
    page: Page, written: tuple[DataFolder, Path], tmp_path: Path
) -> None:
    data, _ = written
    first = rows_of(data)[0]
    page.open(f"#question={first.id}")
    download = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", download)
    page.press("f")
    page.find("#note").send_keys("the fridge is hidden")
    assert page.text("#flagged") == "1 flagged"
    page.open()  # flags are kept
    page.find("#download").click()
    page.wait((tmp_path / "flags.jsonl").exists)
    assert drop_flagged(data, tmp_path / "flags.jsonl") == DropSummary(1, 1, ())
    assert first.question_id not in {row.question_id for row in rows_of(data)}
    (dropped,) = read_ledger(data.dataset("kitchens").ledger_path)
    assert (dropped.args, dropped.reason, dropped.detail) == (first.args, "flagged", "the fridge is hidden")
    assert drop_flagged(data, tmp_path / "flags.jsonl").not_found == (first.question_id,)


def test_a_hundred_clips_open_at_once(
    page: Page, written: tuple[DataFolder, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = tmp_path / "many"
    shutil.copytree(written[1], many)
    multiply(many)
    large = Page(page.browser, many)
    large.open()
    assert large.text("#shown") == "5,000 questions"
    assert large.run("document.querySelectorAll('.row').length") < 60
    paint = large.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    clip = large.run("performance.getEntriesByName('first-clip')[0].startTime")
    started = time.monotonic()
    Select(large.find("#filter-difficulty")).select_by_value("hard")
    filtered = time.monotonic() - started
    with capsys.disabled():
        print(f"\n100 clips, 5,000 questions: first paint {paint:.0f} ms, first clip {clip:.0f} ms, "
              f"filter {1000 * filtered:.0f} ms")  # fmt: skip


def multiply(folder: Path) -> None:
    """Makes 100 clips with 50 questions each of the clip ASKED."""
    index = folder / "viewer/data/index.js"
    head, _, body = index.read_text(encoding="utf-8").partition("(")
    content = json.loads(body.rstrip().removesuffix(");"))
    script = rename(folder / f"viewer/data/clips/{ASKED}.js")
    names = [f"kitchens-{number:05}-00" for number in range(MANY_CLIPS)]
    for name in names:
        (folder / f"viewer/data/clips/{name}.js").write_text(script(name), encoding="utf-8")
    content["clips"] = [{**content["clips"][0], "id": name} for name in names]
    columns, count = content["rows"], len(content["rows"]["id"])
    picked = [number % count for number in range(QUESTIONS_EACH)] * MANY_CLIPS
    content["rows"] = {key: [values[number] for number in picked] for key, values in columns.items()}
    content["rows"]["clip"] = [number // QUESTIONS_EACH for number in range(len(picked))]
    content["rows"]["difficulty"] = [number / len(picked) for number in range(len(picked))]
    index.write_text(f"{head}({json.dumps(content)});", encoding="utf-8")


def rename(path: Path) -> Callable[[str], str]:
    """A function that gives the script of the clip ASKED with another name for the clip."""
    script = path.read_text(encoding="utf-8")
    packed = json.loads(script[script.index(",{") + 1 : script.rindex(")")])["texts"]
    texts = zlib.decompress(base64.b64decode(packed)).decode()

    def renamed(name: str) -> str:
        again = base64.b64encode(zlib.compress(texts.replace(ASKED, name).encode())).decode()
        return script.replace(packed, again).replace(ASKED, name)

    return renamed
