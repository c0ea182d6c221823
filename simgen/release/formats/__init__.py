"""The formats of exported questions: one small writer for each consumer.

A writer gets the folder of the export and the samples of each split. The frames are in the folder already
(see pictures.py). It writes whole files that it names itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import InputError
from simgen.release.formats.conversations import write_llama_factory, write_llava, write_ms_swift
from simgen.release.formats.image_folder import write_nanovlm, write_trl
from simgen.release.formats.sample import Sample
from simgen.release.formats.verl import write_easyr1, write_verl
from simgen.types import Split

Writer = Callable[[Path, Mapping[Split, Iterable[Sample]]], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One export format."""

    consumer: str
    """The programs that read it."""
    write: Writer
    needs_frames_beside: bool = False
    """Whether its files must lie beside the frames: `imagefolder` opens no picture outside its folder."""


FORMATS: dict[str, Format] = {
    "trl": Format("datasets and TRL: SFT and GRPO", write_trl, needs_frames_beside=True),
    "llava": Format("LLaVA's and Qwen-VL's own training scripts", write_llava),
    "llama-factory": Format("LLaMA-Factory", write_llama_factory),
    "ms-swift": Format("ms-swift: SFT and GRPO", write_ms_swift),
    "verl": Format("verl", write_verl),
    "easyr1": Format("EasyR1", write_easyr1),
    "nanovlm": Format("nanoVLM", write_nanovlm, needs_frames_beside=True),
}
"""The formats by name. Enter a new one here."""


def check_release_formats(names: Iterable[str]) -> None:
    """Raises InputError unless a release can hold each of these formats beside its own, `trl`."""
    possible = [name for name, form in FORMATS.items() if not form.needs_frames_beside]
    for name in names:
        if name not in possible:
            reason = "a release cannot hold this format" if name in FORMATS else "no such format"
            raise InputError(f"{name}: {reason}; the formats for --formats are {', '.join(possible)}")
