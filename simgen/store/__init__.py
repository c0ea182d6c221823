"""Files: the data folder, clips (HDF5), question rows (Parquet) and houses (JSON lines)."""
