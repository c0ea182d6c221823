"""`simgen doctor`: checks what works on this machine, and names the cure for what does not."""

from pathlib import Path

from simgen.doctor.finding import Finding
from simgen.doctor.opengl import check_egl, check_egl_drivers, check_frame
from simgen.doctor.software import (
    check_data_folder,
    check_hub,
    check_packages,
    check_photo,
    check_python,
    check_shapes,
    check_training,
)
from simgen.doctor.unity import check_unity_build, check_vulkan, check_x_display

__all__ = ["Finding", "examine"]


def examine(data: Path) -> list[Finding]:
    """Checks what rendering, training, publishing and Unity need. Returns one finding per check."""
    return [
        check_python(),
        check_packages(),
        check_egl(),
        check_egl_drivers(),
        check_frame(),
        check_shapes(),
        check_photo(),
        check_data_folder(data),
        check_training(),
        check_hub(),
        check_vulkan(),
        check_x_display(),
        check_unity_build(),
    ]
