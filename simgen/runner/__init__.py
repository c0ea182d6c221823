"""What the commands do: many houses, many processes, one data folder."""
