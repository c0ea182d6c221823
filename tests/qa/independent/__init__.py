"""An independent check of every question: other code and other methods, from the files alone.

Nothing here imports simgen. Clips are read with h5py, rows with pyarrow, and every answer is computed by
brute force from the corners of the boxes, the camera poses and the pixel tables.
"""
