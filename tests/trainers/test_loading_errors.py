"""A model that cannot be trained is refused in one line, which says what is missing and how to get it."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import transformers as tf
from safetensors.torch import load_file, save_file
from tokenizers.processors import TemplateProcessing

from simgen.errors import InputError, MissingSystemError
from simgen.trainers.config import LoraSpec, ModelSpec
from simgen.trainers.models import processors
from simgen.trainers.models.loading import VisionModel, load_model, save_model
from simgen.trainers.models.lora import add_lora
from simgen.trainers.models.processors import load_processor
from simgen.trainers.models.tiny import train_tokenizer
from simgen.trainers.targets import render_prompt
from tests.trainers.architectures import build_architecture
from tests.trainers.questions import make_rows

# peft 0.21 reads a property that transformers 5.23 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
ROWS = make_rows(4)
TEXTS = [text for row in ROWS for text in (row.prompt, row.target)]
NO_TORCHVISION = pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")


@pytest.fixture
def llava(tmp_path: Path) -> Path:
    return build_architecture("llava", TEXTS, tmp_path / "llava")


def message(path: Path | str, kind: type[InputError] = InputError, **spec: Any) -> str:
    """The one line with which a model is refused."""
    with pytest.raises(kind) as caught:
        load_model(str(path), ModelSpec(name=str(path), **spec))
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text


def write_folder(path: Path, model_type: str, processor: str, image_processor: str) -> Path:
    train_tokenizer(TEXTS).save_pretrained(path)
    (path / "config.json").write_text(json.dumps({"model_type": model_type}))
    (path / "processor_config.json").write_text(json.dumps({"processor_class": processor}))
    (path / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": image_processor}))
    return path


@NO_TORCHVISION
@pytest.mark.parametrize(
    ("model_type", "processor", "image_processor"),
    [
        ("lfm2_vl", "Lfm2VlProcessor", "Lfm2VlImageProcessor"),
        ("cohere2_vision", "Cohere2VisionProcessor", "Cohere2VisionImageProcessor"),
        ("mistral3", "PixtralProcessor", "PixtralImageProcessor"),
    ],
)
def test_a_model_whose_images_need_torchvision(
    tmp_path: Path, model_type: str, processor: str, image_processor: str
) -> None:
    path = write_folder(tmp_path / "model", model_type, processor, image_processor)
    assert message(path, MissingSystemError).endswith("install it with: pip install torchvision")


def test_any_package_that_a_processor_asks_for(llava: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: str) -> Any:
        raise ImportError("Package `num2words` is required. Install it with `pip install num2words`.")

    monkeypatch.setattr(processors, "_find_class", ask)
    assert message(llava, MissingSystemError).endswith("pip install num2words")


@pytest.mark.skipif(find_spec("flash_attn") is not None, reason="flash-attn is installed")
def test_flash_attention_that_is_not_installed(llava: Path) -> None:
    assert "install flash-attn" in message(llava, attention="flash_attention_2")


def test_a_tokenizer_without_the_tokens_of_its_processor(llava: Path) -> None:
    path = write_folder(llava.parent / "internvl", "internvl", "InternVLProcessor", "GotOcr2ImageProcessor")
    assert "start_image_token" in message(path)


def test_a_text_model(tmp_path: Path) -> None:
    train_tokenizer(TEXTS).save_pretrained(tmp_path)
    tf.Qwen2Config().save_pretrained(tmp_path)
    assert "no image processor" in message(tmp_path)


def test_a_model_without_a_chat_template(llava: Path) -> None:
    (llava / "chat_template.jinja").unlink()
    assert "no chat template" in message(llava)


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}{{ message['content'] }}{% endfor %}",
        "{% for message in messages %}{{ 'User: ' + message['content'] }}{% endfor %}",
        "{% for message in messages %}{{ message['content'][-1]['text'] }}{% endfor %}",
        # Qwen's mark, which LLaVA's processor does not know.
        "{% for message in messages %}<|image_pad|>{{ message['content'][-1]['text'] }}{% endfor %}",
    ],
)
def test_a_chat_template_that_does_not_show_images(llava: Path, template: str) -> None:
    (llava / "chat_template.jinja").write_text(template)
    assert "its chat template does not show images" in message(llava)


def test_weights_that_are_not_all_there(llava: Path) -> None:
    weights = load_file(llava / "model.safetensors")
    name = next(name for name in weights if name.endswith("q_proj.weight"))
    del weights[name]
    save_file(weights, llava / "model.safetensors", metadata={"format": "pt"})
    assert "1 weights are not in its files" in message(llava)


def test_a_name_that_is_nowhere() -> None:
    text = message("nobody/no-such-model")
    assert "hf download nobody/no-such-model" in text
    assert "tiny" not in text


def test_a_template_without_the_start_token_gets_it(llava: Path) -> None:
    tokenizer: Any = tf.AutoTokenizer.from_pretrained(llava)
    tokenizer.add_special_tokens({"bos_token": "<|vision_start|>"})
    # As Llama's tokenizer: it starts every text with the token.
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|vision_start|> $A", special_tokens=[("<|vision_start|>", tokenizer.bos_token_id)]
    )
    tokenizer.save_pretrained(llava)
    processor: Any = load_processor(str(llava))
    text = render_prompt(processor, "fridge", 1)
    assert text.count("<|vision_start|>") == 1
    assert text.startswith("<|vision_start|>")
    save_model(VisionModel(load_model(str(llava)).model, processor), llava.parent / "saved")
    assert render_prompt(load_processor(str(llava.parent / "saved")), "fridge", 1) == text


def test_a_model_without_a_decoder_takes_no_lora() -> None:
    vision = tf.CLIPVisionConfig(
        hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    with pytest.raises(InputError, match=r"set model\.lora to null"):
        add_lora(tf.CLIPVisionModel(vision), LoraSpec(), seed=0)


def test_an_adapter_names_its_base_by_an_absolute_path(llava: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Named like a Hub id, as a user types it.
    monkeypatch.chdir(llava.parent.parent)
    name = f"{llava.parent.name}/{llava.name}"
    loaded = load_model(name)
    adapter = VisionModel(add_lora(loaded.model, LoraSpec(rank=2), seed=0), loaded.processor)
    save_model(adapter, llava.parent / "adapter")
    assert json.loads((llava.parent / "adapter" / "adapter_config.json").read_text())[
        "base_model_name_or_path"
    ] == str(llava)
    monkeypatch.chdir("/")
    load_model(str(llava.parent / "adapter"))
