"""Checks of what `engine: ai2thor` needs: Vulkan or an X display, and AI2-THOR's Unity build."""

import os
from pathlib import Path

from simgen.doctor.finding import Finding
from simgen.doctor.icd import describe_files, find_driver_files
from simgen.errors import InputError

ONLY_UNITY = "needed only for engine: ai2thor"
ICD_FOLDERS = ("/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d")
"""Folders in which Vulkan's loader looks for drivers on Linux, unless an environment variable names files."""
SOFTWARE_ICD = "lvp"
"""Part of the file name of Mesa's Vulkan driver for the CPU."""


def check_vulkan() -> Finding:
    """Checks Vulkan's loader and its drivers (ICDs), which AI2-THOR's CloudRendering needs."""
    from simgen.scenes.engines.unity.build import has_vulkan

    if not has_vulkan():
        return Finding("Vulkan", "off", f"no loader; {ONLY_UNITY}", "apt-get install -y libvulkan1")
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
    found = find_driver_files(named, [Path(folder) for folder in ICD_FOLDERS])
    if not found:
        cure = "install your GPU's Vulkan driver; in a container set NVIDIA_DRIVER_CAPABILITIES=all"
        return Finding("Vulkan", "off", f"a loader but no driver (ICD); {ONLY_UNITY}", cure)
    detail = describe_files(found)
    if all(SOFTWARE_ICD in path.name for path in found):
        return Finding("Vulkan", "off", f"{detail}: CPU only; {ONLY_UNITY}", "use a GPU and its driver")
    return Finding("Vulkan", "ok", detail)


def check_x_display() -> Finding:
    """Checks the X display, which AI2-THOR's platform Linux64 needs."""
    display = os.environ.get("DISPLAY")
    if not display:
        cure = "not needed with unity.platform: CloudRendering"
        return Finding("X display", "off", "DISPLAY is not set; only unity.platform: Linux64 needs it", cure)
    from simgen.scenes.engines.unity.build import display_problems

    problems = display_problems(display, 64, 48)
    if problems:
        return Finding("X display", "off", f"{display}: {'; '.join(problems)}", "start an X server with GLX")
    return Finding("X display", "ok", display)


def check_unity_build() -> Finding:
    """Checks AI2-THOR's Unity build, if one was downloaded or named."""
    from simgen.recipe import UnitySpec
    from simgen.scenes.engines.unity.build import build_folder, find_local_build

    named = os.environ.get("SIMGEN_UNITY")
    folder = build_folder(UnitySpec())
    if named is None and not folder.is_dir():
        cure = "the first render with engine: ai2thor downloads it, or name a local one with $SIMGEN_UNITY"
        return Finding("AI2-THOR build", "off", f"not downloaded yet; {ONLY_UNITY}", cure)
    try:
        return Finding("AI2-THOR build", "ok", str(find_local_build(Path(named or folder), UnitySpec())))
    except InputError as error:
        return Finding("AI2-THOR build", "off", f"{'$SIMGEN_UNITY' if named else folder}", str(error))
