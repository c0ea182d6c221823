"""What lives on disk: the data folder, clips (HDF5), question rows (Parquet), houses (JSON lines)."""
