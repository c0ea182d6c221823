"""Training and evaluation of vision-language models. No other package of simgen imports torch or TRL.

config      the settings of a run, from a page of recipes/
rewards/    the table of GRPO's rewards        targets   the texts of a prompt and a target; grid: coarse maps
samples     rows as TRL's data set             budget    the tokens that a sample takes
frames      the clips' frames, scaled          dense_labels   what each spot of a frame shows, and where
models/     loading, saving, the models that are built: tiny and small
train/      run (the whole run), curriculum, warm_up, sft, grpo, phase (what they share), checkpoints
eval/       run (a model scored again), answers, scores
report      the numbers and the table that a run ends with
"""
