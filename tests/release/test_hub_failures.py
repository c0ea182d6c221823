import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import IncompleteError, InputError, SimgenError
from simgen.release.destination import Destination
from simgen.release.hub import upload
from tests.release.kitchens import files_in
from tests.release.loopback_hub import LoopbackHub, own_files

pytest.importorskip("huggingface_hub")

# huggingface_hub sends large files with an argument that its HTTP client calls deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"),
    pytest.mark.usefixtures("online"),
]

REPO = "ada/kitchens"
TO_REPO = Destination(REPO)
FOREIGN = {"README.md": b"my thesis", "data/train-00000-of-00001.parquet": b"my data", "notes.md": b"mine"}


STEPS = (
    "GET /api/whoami",
    "GET /api/datasets/ada/kitchens$",
    "auth-check",
    "/tree/",
    "/resolve/",
    "validate-yaml",
    "/preupload/",
    "objects/batch",
    "PUT /lfs/",
    "/commit/",
)


class TestFailures:
    @pytest.mark.parametrize(
        ("step", "status"),
        [
            *((step, status) for step in STEPS for status in (500, None)),
            *(("/commit/", status) for status in (401, 403, 409, 429, 507)),
            ("PUT /lfs/", 403),
            ("GET /api/whoami", 429),
        ],
    )
    def test_a_step_that_fails(
        self, hub: LoopbackHub, release: Path, second: Path, step: str, status: int | None
    ) -> None:
        hub.add(REPO, files_in(release))
        before = dict(hub.repos[REPO].files())
        hub.fail(step, status)

        with pytest.raises(SimgenError) as caught:
            upload(second, TO_REPO, endpoint=hub.address)
        message = str(caught.value)
        assert "\n" not in message
        assert (f"answered {status} (" if status else "cannot be reached") in message, message
        assert hub.repos[REPO].files() == before

    @pytest.mark.parametrize("status", [403, 409, 500, None])
    def test_a_repository_that_cannot_be_made(
        self, hub: LoopbackHub, release: Path, status: int | None
    ) -> None:
        hub.fail("repos/create", status)

        with pytest.raises(SimgenError):
            upload(release, TO_REPO, endpoint=hub.address)
        assert hub.repos == {}

    def test_files_that_have_arrived_are_not_sent_again(self, hub: LoopbackHub, release: Path) -> None:
        hub.fail("/commit/", 500)
        with pytest.raises(IncompleteError, match=r"answered 500 \(refused\); upload again later"):
            upload(release, TO_REPO, endpoint=hub.address)
        hub.faults.clear()
        hub.requests.clear()
        upload(release, TO_REPO, endpoint=hub.address)

        assert not [request for request in hub.requests if request.startswith("PUT")]
        assert own_files(hub) == files_in(release)

    def test_an_update_that_broke_off_is_finished(
        self, hub: LoopbackHub, release: Path, second: Path
    ) -> None:
        upload(release, TO_REPO, endpoint=hub.address)
        hub.fail("PUT /lfs/", None)
        with pytest.raises(IncompleteError, match="cannot be reached"):
            upload(second, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == files_in(release)
        hub.faults.clear()
        upload(second, TO_REPO, endpoint=hub.address)

        assert own_files(hub) == files_in(second)

    def test_a_header_that_the_hub_refuses(self, hub: LoopbackHub, release: Path) -> None:
        hub.yaml_errors = ['"license" must be one of [apache-2.0, ...]']

        with pytest.raises(InputError, match=r'refuses the header of the card: .*"license" must be one of'):
            upload(release, TO_REPO, endpoint=hub.address)
        assert own_files(hub) == {}

    def test_a_tag_that_fails(self, hub: LoopbackHub, release: Path) -> None:
        hub.fail("/tag/", 500)

        with pytest.raises(
            IncompleteError,
            match=r"uploaded, but not tagged \(.*answered 500.*\); tag it with: simgen upload .* --tag v1",
        ):
            upload(release, replace(TO_REPO, tag="v1"), endpoint=hub.address)
        assert own_files(hub) == files_in(release)


class TestFolders:
    def test_a_folder_that_is_no_release(self, hub: LoopbackHub, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="not a simgen release; make one with: simgen publish --to"):
            upload(tmp_path, TO_REPO, endpoint=hub.address)
        assert hub.requests == []

    @pytest.mark.parametrize("change", ["edit", "remove", "link", "no list", "bad list"])
    def test_a_release_that_is_not_whole(
        self, hub: LoopbackHub, release: Path, tmp_path: Path, change: str
    ) -> None:
        folder = shutil.copytree(release, tmp_path / "release")
        path, sums = folder / "recipe/kitchens.json", folder / "checksums.sha256"
        if change == "edit":
            path.write_text("{}")
        elif change == "link":
            shutil.copy(path, tmp_path / "outside.json")
            path.unlink()
            path.symlink_to(tmp_path / "outside.json")
        elif change == "bad list":
            sums.write_text(f"{'0' * 64}  ../../etc/passwd\n")
        else:
            (sums if change == "no list" else path).unlink()

        with pytest.raises(InputError, match="publish the release again"):
            upload(folder, TO_REPO, endpoint=hub.address)
        assert hub.requests == []
