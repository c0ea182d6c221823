"""What a run leaves, loaded by transformers and peft in a process that never imports simgen."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from simgen.trainers.config import LoraSpec
from simgen.trainers.models.loading import VisionModel, load_model, save_model
from simgen.trainers.models.lora import add_lora
from simgen.trainers.models.small import build_small
from tests.trainers.architectures import build_architecture
from tests.trainers.questions import make_rows

pytestmark = [
    pytest.mark.slow,
    # peft 0.21 reads a property that transformers 5.23 deprecates.
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
]
TEXTS = [text for row in make_rows(4) for text in (row.prompt, row.target)]
SCRIPT = """
import json, sys
import torch
from peft import AutoPeftModel
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

def try_processor(folder, **options):
    try:
        return type(AutoProcessor.from_pretrained(folder, **options)).__name__
    except ImportError as error:
        return str(error)

def logits(model, folder):
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    content = [{"type": "image"}, {"type": "text", "text": "fridge"}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    inputs = processor(text=[text], images=[[Image.new("RGB", (112, 84), "red")]], return_tensors="pt")
    with torch.no_grad():
        return model(**inputs).logits

def load_all(root):
    full, adapter, merged = (f"{root}/{name}" for name in ("full", "adapter", "merged"))
    peft = AutoPeftModel.from_pretrained(adapter)
    expected = logits(peft, adapter)
    adapted = logits(AutoModelForImageTextToText.from_pretrained(adapter), adapter)
    peft.merge_and_unload().save_pretrained(merged)
    whole = logits(AutoModelForImageTextToText.from_pretrained(merged), adapter)
    return {
        "full": type(AutoModelForImageTextToText.from_pretrained(full)).__name__,
        "plain": try_processor(full),
        "trusted": try_processor(full, trust_remote_code=True),
        "adapter": try_processor(adapter, trust_remote_code=True),
        "adapter_equals_peft": torch.allclose(adapted, expected, atol=1e-5),
        "merged_equals_peft": torch.allclose(whole, expected, atol=1e-5),
    }

results = {root: load_all(root) for root in sys.argv[1:]}
assert "simgen" not in sys.modules
print(json.dumps(results))
"""
SMALL_SCRIPT = """
import sys
sys.modules["simgen"] = None  # an import of simgen fails
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

for folder, again in ("small", "again"), ("again", "last"):
    model = AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True)
    model.save_pretrained(again)
processor = AutoProcessor.from_pretrained("small", trust_remote_code=True)
inputs = processor(text=["<image>" + sys.argv[1]], images=[[Image.open("frame.png")]], return_tensors="pt")
with torch.no_grad():
    torch.save(model(**inputs).logits, "logits.pt")
"""
Found = dict[str, dict[str, Any]]
"""What the script finds, by architecture."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    root = tmp_path_factory.mktemp("plain")
    for architecture in ("llava", "qwen2_5_vl"):
        save_folders(architecture, root / architecture)
    return json.loads(run_script(SCRIPT, root, "llava", "qwen2_5_vl").splitlines()[-1])


def run_script(script: str, folder: Path, *arguments: str) -> str:
    """What a script prints that runs in a folder without simgen, so that it cannot find it by accident."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(folder / "modules")}
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def save_folders(architecture: str, root: Path) -> None:
    """Writes a whole model to `full`, and to `adapter` a LoRA that changes its answers."""
    loaded = load_model(str(build_architecture(architecture, TEXTS, root / "built")))
    save_model(loaded, root / "full")
    tuned = add_lora(loaded.model, LoraSpec(rank=2), seed=0)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            parameter.data.fill_(0.01)
    save_model(VisionModel(tuned, loaded.processor), root / "adapter")


def test_a_model_without_a_video_processor_loads(found: Found) -> None:
    llava = found["llava"]
    assert llava["plain"] == llava["trusted"] == llava["adapter"] == "LlavaProcessor"
    assert llava["full"] == "LlavaForConditionalGeneration"


def test_a_model_with_a_video_processor_loads_with_its_own_code(found: Found) -> None:
    qwen = found["qwen2_5_vl"]
    assert qwen["trusted"] == qwen["adapter"] == "Qwen2_5_VLProcessor"
    assert qwen["full"] == "Qwen2_5_VLForConditionalGeneration"
    # AutoProcessor makes every part that the class names, and all video processors need torchvision.
    if find_spec("torchvision") is None:
        assert "Torchvision" in qwen["plain"]
    else:
        assert qwen["plain"] == "Qwen2_5_VLProcessor"


@pytest.mark.parametrize("architecture", ["llava", "qwen2_5_vl"])
def test_an_adapter_loads_and_can_be_merged(found: Found, architecture: str) -> None:
    assert found[architecture]["adapter_equals_peft"]
    assert found[architecture]["merged_equals_peft"]


def test_the_small_model_loads_with_the_code_in_its_folder(tmp_path: Path) -> None:
    small = VisionModel(*build_small(TEXTS, 256, seed=0))
    save_model(small, tmp_path / "small")
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "frame.png")
    question = TEXTS[0].splitlines()[0]
    run_script(SMALL_SCRIPT, tmp_path, question)
    inputs = small.processor(
        text=["<image>" + question], images=[[Image.fromarray(noise)]], return_tensors="pt"
    )
    with torch.no_grad():
        expected = small.model(**inputs).logits
    torch.testing.assert_close(torch.load(tmp_path / "logits.pt"), expected)
