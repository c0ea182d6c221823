import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from simgen.errors import InputError
from simgen.release.publish import PublishReport, prepare, publish, write_release
from simgen.store.folder import Dataset
from tests.release.kitchens import make_dataset


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublishReport]:
    """A release of two data sets, which the tests only read."""
    folder = tmp_path_factory.mktemp("release")
    datasets = [make_dataset(folder / "data", name) for name in ("kitchens", "flats")]
    return folder / "out", publish(datasets, folder / "out")


class TestCard:
    def test_the_header_is_what_the_hub_reads(self, release: tuple[Path, PublishReport]) -> None:
        _, header, body = (release[0] / "README.md").read_text().split("---\n", 2)
        facts = yaml.safe_load(header)

        assert facts["configs"] == [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "qa/train/**"},
                    {"split": "val", "path": "qa/val/**"},
                ],
            }
        ]
        assert (facts["license"], facts["size_categories"]) == ("apache-2.0", ["n<1K"])
        assert body.lstrip().startswith("# simgen: kitchens, flats")

    def test_it_lists_every_column(self, release: tuple[Path, PublishReport]) -> None:
        section = (release[0] / "README.md").read_text().partition("## Columns")[2].partition("## ")[0]
        written = pq.read_schema(release[0] / "qa/train/metadata.parquet").names

        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == ["images", *written[1:]]
        assert written[0] == "file_names"

    def test_the_tables_count(self, release: tuple[Path, PublishReport]) -> None:
        card = (release[0] / "README.md").read_text()

        assert "| train | 6 | 2 | 12 |" in card
        assert "| val | 4 | 2 | 12 |" in card
        assert "| min_distance v1 | 4 |" in card
        assert "| object_count v1 | 6 |" in card
        assert "| Kitchen | 4 | 10 |" in card
        assert "sha256sum -c checksums.sha256" in card

    def test_the_licences_of_models_are_in_the_header(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        models = [
            {
                "licence": name,
                "pack": "p",
                "model": name,
                "title": "",
                "author": "",
                "source": "",
                "changes": "",
            }
            for name in ("CC-BY-3.0-US", "CC0-1.0", "Some-1.0", "CC-BY-3.0")
        ]
        monkeypatch.setattr("simgen.release.contents.Contents.attributions", models)
        header = publish([dataset], tmp_path / "out").path.joinpath("README.md").read_text().split("---\n")[1]

        assert yaml.safe_load(header)["license"] == ["apache-2.0", "cc-by-3.0", "cc0-1.0", "other"]

    def test_the_publisher_gives_another_licence(self, dataset: Dataset, tmp_path: Path) -> None:
        plan = prepare([dataset], tmp_path / "out", license="cc-by-4.0")
        card = write_release(plan).path.joinpath("README.md").read_text()

        assert yaml.safe_load(card.split("---\n")[1])["license"] == "cc-by-4.0"
        assert "| licence | cc-by-4.0 |" in card

    @pytest.mark.parametrize("license", ["CC BY 4.0", "", "x\ny: 1"])
    def test_a_malformed_licence(self, dataset: Dataset, tmp_path: Path, license: str) -> None:
        with pytest.raises(InputError, match="give an identifier of the Hub in lower case, such as cc-by-4"):
            prepare([dataset], tmp_path / "out", license=license)
