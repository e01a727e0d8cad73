"""Teaches a model a hand: lines with their text in, a model out. Needs PyTorch (the extra ``train``)."""
