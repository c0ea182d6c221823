"""The results of `simgen bench engine` as text, one line per renderer."""

from typing import Any

from simgen.bench.engine import PEERS, QUALITIES, SIZES, Results
from simgen.tables import Table

HEADS = (
    "frames a second",
    *(f"{w}x{h} {what}" for w, h in SIZES for what in ("RGB", "all")),
    "MB",
    "depth off by",
)


def engine_table(results: Results) -> str:
    """The results as text: a table of the renderers, then the rest. "all" is RGB, depth and ids."""
    rows = [*(_row(results, f"simgen, {name}", name) for name in QUALITIES)]
    rows += [
        _row(results, _label(results, peer.name), peer.name)
        for peer in PEERS
        if _is_there(results, peer.name)
    ]
    missing = [
        f"{key.removeprefix('missing.')}: {reason}"
        for key, reason in results.items()
        if key.startswith("missing.")
    ]
    return "\n".join([Table(HEADS, tuple(rows)).as_text(), *missing, "", *_rest(results)])


def _row(results: Results, label: str, name: str) -> tuple[str, ...]:
    rates = [_number(results[f"{key}.{name}.{w}x{h}"]) for w, h in SIZES for key in ("fps_rgb", "fps")]
    gap = results.get(f"depth_difference_m.{name}")
    return label, *rates, f"{results[f'rss_mb.{name}']:.0f}", "" if gap is None else f"{1000 * gap:.2f} mm"


def _label(results: Results, name: str) -> str:
    package, _, how = name.partition("_")
    return " ".join([package, results[f"version.{name}"], *([how] if how else [])])


def _is_there(results: Results, name: str) -> bool:
    return results[f"version.{name}"] is not None


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.1f}"


def _rest(results: Results) -> list[str]:
    """The figures that do not belong to one renderer."""
    step = results["fps.step.standard.640x480"]
    ratios = [
        f"{key.removeprefix('ratio.').replace('_vs_', ' against ')} {value:.2f}"
        for key, value in results.items()
        if key.startswith("ratio.") and "step" not in key and value is not None
    ]
    return [
        *([f"times faster, 640x480 all: {', '.join(ratios)}"] if ratios else []),
        f"step of the client: {1000 / step:.1f} ms, {results['ratio.step_vs_frame']:.2f} times its frame "
        "(standard, 640x480, all)",
        f"new house in a running process: {results['build_s']:.2f} s "
        f"({results['build_s.shapes_known']:.2f} s with cached shapes, "
        f"{results['build_s.first_of_process']:.2f} s for the first house of a process)",
        f"memory of a worker: {results['rss_mb']:.0f} MB",
        f"house: {results['rooms']} rooms, {results['objects']} objects, {results['triangles']} triangles"
        f"; {results['cameras']} cameras, {results['rounds']} rounds",
        f"drawn by {results['gl_renderer']}; {results['cpu']}, {results['cores']} cores",
    ]
