"""One module for each file format, and the ground truth that lies beside pages. It reads no page image."""
