"""Trains recognition models: lines with their text in, a model out. Needs PyTorch (the extra ``train``)."""
