"""Training and evaluation of vision-language models. No other package of simgen imports torch or TRL.

config      the settings of a run, from a page of recipes/
rewards/    the table of GRPO's rewards        targets   the texts of a prompt and a target; grid: coarse maps
samples     rows as TRL's data set             budget    the tokens that a sample takes
models/     loading, saving, the tiny model
train/      run (the whole run), curriculum, sft, grpo, phase (what both share), checkpoints
eval/       run (a model scored again), answers, scores
report      the numbers and the table that a run ends with
"""
