"""Teaches a reader a hand: lines with their text in, a reader out. Needs PyTorch (the extra ``train``)."""
