"""Pages with ground truth in, figures of reading, confidence and search out. It changes no archive."""
