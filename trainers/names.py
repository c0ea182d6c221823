"""Names that the command line shows in its help text. Imports nothing, so that the help is quick."""

DEFAULT_CONFIG = "tiny"
"""The config of a run that names none. It needs no network and no GPU."""
LORA_CONFIG = "lora"
"""The config of a run that names only a model, which is trained with LoRA."""
BENCHMARKS = ("vsi-bench", "vsi-bench-debiased", "qvs-bench")
"""The benchmarks of `simgen.trainers.eval.benchmarks`."""
