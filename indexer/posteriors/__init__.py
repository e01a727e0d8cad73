"""Posteriorgrams in, costs and probabilities of texts out: packing, alignment, calibration. It keeps nothing."""
