"""`simgen doctor`: what works on this machine, what does not, and the cure."""

from pathlib import Path

from simgen.doctor.finding import Finding
from simgen.doctor.opengl import egl, egl_drivers, frame
from simgen.doctor.software import data_folder, hub, packages, photo, python, shapes, training
from simgen.doctor.unity import unity_build, vulkan, x_display

__all__ = ["Finding", "examine"]


def examine(data: Path) -> list[Finding]:
    """Everything that a render, a training, a release and Unity need, looked at one by one."""
    return [
        python(),
        packages(),
        egl(),
        egl_drivers(),
        frame(),
        shapes(),
        photo(),
        data_folder(data),
        training(),
        hub(),
        vulkan(),
        x_display(),
        unity_build(),
    ]
