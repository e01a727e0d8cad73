"""One module a file format, and the ground truth that stands beside pages. It reads no page image."""
