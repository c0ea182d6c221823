"""Commands for asset packs: real meshes for the engine's objects."""

from pathlib import Path
from typing import Any

import click

from simgen.cli.shared import data_folder, data_option, json_option, print_summary


@click.group()
def assets() -> None:
    """Build and list asset packs: real meshes for the engine's objects."""


@assets.command("build")
@click.argument("name", type=click.Choice(("sweethome3d",)))
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write. [default: assets/NAME in the data folder]",
)
@json_option
@data_option
@click.pass_context
def assets_build(ctx: click.Context, name: str, to: Path | None, as_json: bool) -> None:
    """Build a pack from models that are installed on this machine.

    sweethome3d: CC0 and CC-BY furniture from Debian's package sweethome3d-furniture. It takes half a minute
    and 27 MB.
    """
    from tqdm import tqdm

    from simgen.engine.packs import load_pack, sweethome3d

    folder = to or data_folder(ctx).assets_path / name
    with tqdm(total=sweethome3d.model_count(), desc="models", unit="model") as bar:
        sweethome3d.build(folder, bar.update)
    print_summary(_summary(load_pack(folder)), as_json)


@assets.command("ls", short_help="List the packs in the data folder.")
@json_option
@data_option
@click.pass_context
def assets_ls(ctx: click.Context, as_json: bool) -> None:
    """List the packs in the data folder: replaced assets of each type, types without a model, licences."""
    from simgen.engine.packs import load_pack

    folder = data_folder(ctx).assets_path
    packs = [
        load_pack(path.parent) for path in sorted(folder.glob("*/pack.yaml")) if path.parent.suffix != ".part"
    ]
    summaries = {pack.path.name: _summary(pack) for pack in packs}
    if as_json:
        print_summary(summaries, True)
    elif not summaries:
        click.echo(f"{folder}: no asset packs yet; build one with: simgen assets build sweethome3d")
    for summary in () if as_json else summaries.values():
        print_summary({**summary, "missing": ", ".join(summary["missing"])}, False)


def _summary(pack: Any) -> dict[str, Any]:
    """A pack's identity and the number of procthor's assets that it replaces, as JSON values."""
    from collections import Counter

    from simgen.house.assets import load_assets

    known = list(load_assets().values())
    there = Counter(asset.object_type for asset in known)
    served = Counter(asset.object_type for asset in known if pack.model_for(asset) is not None)
    return {
        "pack": pack.identity,
        "path": str(pack.path),
        "models": len(pack.models),
        "licences": dict(sorted(Counter(model.licence for model in pack.models.values()).items())),
        "assets": {kind: f"{served[kind]} of {there[kind]}" for kind in sorted(served)},
        "missing": sorted(set(there) - set(served)),
    }
