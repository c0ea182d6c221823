"""Packs as files: mistakes in them, their names and licences, and the one that simgen builds."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import h5py
import pytest
import yaml
from click.testing import CliRunner

from simgen.cli import main
from simgen.engine.packs import AssetPack, find_pack, load_pack, sweethome3d
from simgen.errors import AssetError, MissingSystemError, RecipeError
from simgen.house.assets import find_asset, load_assets
from simgen.recipe import Recipe, load_recipe
from simgen.release.card.write import describe_models
from simgen.release.clip_facts import ClipFacts
from simgen.release.contents import Contents
from simgen.release.leakage import Houses
from simgen.store.clips import check_content, read_clip
from tests.engine.packs.tiny_packs import (
    MODEL,
    TABLE,
    positions,
    served,
    write_glb,
)
from tests.synthetic import write_synthetic_clip


class TestMistakes:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"name": "Not A Name"}, "name: "),
            ({"colour": "red"}, ":1: unknown key colour; known: name, models, serves"),
            ({"models": {}}, "models: "),
            ({"serves": {"Chair": ["tabel"]}}, "no model is called 'tabel'; did you mean 'table'?"),
            (
                {"serves": {"Chiar": ["table"]}},
                "serves.Chiar: neither an object type nor an asset id; did you mean",
            ),
        ],
    )
    def test_of_a_manifest(self, tables: AssetPack, change: dict[str, Any], message: str) -> None:
        path = tables.path / "pack.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
        with pytest.raises(AssetError) as caught:
            load_pack(tables.path)
        assert message in str(caught.value)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("text", ["- a\n", "a: [", "\x00"])
    def test_of_yaml(self, tables: AssetPack, text: str) -> None:
        (tables.path / "pack.yaml").write_text(text)
        with pytest.raises(AssetError, match=r"pack\.yaml:1: "):
            load_pack(tables.path)

    def test_a_model_that_is_missing_or_elsewhere(self, tables: AssetPack) -> None:
        (tables.path / "table.glb").unlink()
        with pytest.raises(AssetError, match=r"table\.glb is missing; add the file"):
            load_pack(tables.path)
        path = tables.path / "pack.yaml"
        path.write_text(path.read_text().replace("table.glb", "../table.glb"))
        with pytest.raises(AssetError, match=r"models\.table\.file"):
            load_pack(tables.path)

    def test_a_model_that_is_no_mesh(self, tables: AssetPack) -> None:
        (tables.path / "table.glb").write_bytes(b"not a mesh")
        with pytest.raises(AssetError, match=r"table\.glb: not a readable GLB"):
            load_pack(tables.path).shape_of(find_asset("Dining_Table_27_1"))

    def test_no_pack_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(AssetError, match="simgen assets build sweethome3d"):
            load_pack(tmp_path)
        with pytest.raises(AssetError, match="no asset pack is called 'nothing'"):
            find_pack("nothing", tmp_path)


class TestIdentity:
    def test_it_follows_the_content(self, tables: AssetPack) -> None:
        assert tables.identity == load_pack(tables.path).identity
        write_glb(tables.path / "table.glb", TABLE[:1])
        assert tables.identity != load_pack(tables.path).identity

    def test_a_pack_is_found_by_name_path_and_content(self, tables: AssetPack) -> None:
        parent = tables.path.parent
        for reference in ("tables", f"tables@{tables.sha256[:16]}", str(tables.path)):
            assert find_pack(reference, parent).sha256 == tables.sha256
        with pytest.raises(AssetError, match="not tables@0000"):
            find_pack("tables@0000", parent)

    def test_the_recipes_hash_follows_it(self) -> None:
        plain = load_recipe("demo")
        assert plain.with_assets("a@1").sha256() != plain.with_assets("a@2").sha256() != plain.sha256()
        with pytest.raises(RecipeError, match="engine: ai2thor takes no assets"):
            plain.replace(engine="ai2thor").with_assets("a")
        assert Recipe.model_validate_json(plain.to_json()) == plain

    def test_attributions_name_the_models_in_use(self, tables: AssetPack) -> None:
        listed = tables.attributions(["Dining_Table_27_1", "Chair_204_1", "no such asset"])
        assert [row["model"] for row in listed] == ["table"]
        assert listed[0]["author"] == "A"
        assert listed[0]["licence"] == "CC0-1.0"
        assert listed[0]["pack"] == tables.identity


class TestSweetHome3D:
    def test_the_map_names_types_of_the_database(self) -> None:
        text = (Path(sweethome3d.__file__).parent / "sweethome3d.yaml").read_text()
        rows = yaml.safe_load(text)
        assert set(rows) <= {asset.object_type for asset in load_assets().values()}
        names = [row if isinstance(row, str) else row["model"] for models in rows.values() for row in models]
        assert {name.split("/")[0] for name in names} == set(sweethome3d.LIBRARIES)
        assert all(len(models) == len({str(row) for row in models}) for models in rows.values())
        assert sweethome3d.model_count() == len(set(names)) > 150

    def test_without_the_package_the_cure_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweethome3d, "PACKAGE_FOLDER", tmp_path)
        with pytest.raises(MissingSystemError, match="apt-get install -y sweethome3d-furniture"):
            sweethome3d.build(tmp_path / "pack")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(
        not sweethome3d.PACKAGE_FOLDER.exists(), reason="Debian's sweethome3d-furniture is not installed"
    )
    def test_a_build_is_whole_and_the_same_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("fast_simplification", reason="simgen's extra `assets` is not installed")
        chosen = {
            "Bed": [("Scopia/bed1", 0.0)],  # textured
            "Sofa": [("BlendSwap-CC-0/winchesterSofa", 0.0)],  # of the CC0 library, but CC-BY
            "Chair": [("Scopia/chair", 0.0)],  # with a modelRotation
        }
        monkeypatch.setattr(sweethome3d, "_chosen", lambda: chosen)
        packs = []
        for _ in range(2):
            sweethome3d.build(tmp_path / "pack")
            packs.append(load_pack(tmp_path / "pack"))
        assert packs[0].sha256 == packs[1].sha256
        assert [path.name for path in tmp_path.iterdir()] == ["pack"]
        models = packs[0].models
        assert models["BlendSwap-CC-0/winchesterSofa"].licence == "CC-BY-3.0"
        assert "Scopia" in models["Scopia/bed1"].author
        bed = next(asset for asset in served(packs[0]) if asset.object_type == "Bed")
        shape = packs[0].shape_of(bed)
        assert shape is not None
        assert any(part.colours is not None for part in shape.parts)
        # The headboard is at the back.
        points = positions(shape)
        assert points[points[:, 1].argmax(), 2] < 0


def test_the_command_lists_packs(tables: AssetPack, tmp_path: Path) -> None:
    run = CliRunner().invoke
    empty = run(main, ["--data", str(tmp_path / "none"), "assets", "ls"])
    assert empty.exit_code == 0
    assert "simgen assets build sweethome3d" in empty.stdout
    (tmp_path / "data").mkdir()
    tables.path.parent.joinpath("tables").rename(tmp_path / "data" / "tables_there")
    (tmp_path / "data" / "assets").mkdir()
    (tmp_path / "data" / "tables_there").rename(tmp_path / "data" / "assets" / "tables")
    listed = run(main, ["--data", str(tmp_path / "data"), "assets", "ls"])
    assert listed.exit_code == 0
    assert "DiningTable: " in listed.stdout
    assert "CC0-1.0: 1" in listed.stdout


class TestAttributions:
    def test_a_clip_without_them_is_read(self, tmp_path: Path) -> None:
        path = write_synthetic_clip(tmp_path / "clip.h5")
        with h5py.File(path, "r+") as file:
            assert file.attrs["attributions"] == "[]"
            del file.attrs["attributions"]
            file.attrs["schema"] = "1.0"
        check_content(path)
        assert read_clip(path).info.attributions == "[]"

    def test_the_card_lists_each_model_once(self, tmp_path: Path) -> None:
        info = read_clip(write_synthetic_clip(tmp_path / "clip.h5")).info
        with_model = dataclasses.replace(info, attributions=json.dumps([MODEL]))
        clips = tuple(
            ClipFacts("demo", f"clip-{k}", with_model, 1, {}, (), (8, 8), True, "") for k in range(2)
        )
        sections = describe_models(Contents((), (), clips, Houses(1, {})))
        assert sections[0] == "## Models"
        assert "Changes made to them: fewer triangles." in sections[1]
        row = "| A chair (`chair`) | B. Joiner | CC-BY-3.0 | https://example.org/chair |"
        assert sections[2].count(row) == 1
        plain = tuple(dataclasses.replace(clip, info=info) for clip in clips)
        assert describe_models(Contents((), (), plain, Houses(1, {}))) == []
