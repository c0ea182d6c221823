"""A second opinion on every question: other code, other methods, from the files alone.

Nothing here imports simgen: clips are read with h5py, rows with pyarrow, and every answer is worked out by
brute force from the corners of the boxes, the camera poses and the pixel tables.
"""
