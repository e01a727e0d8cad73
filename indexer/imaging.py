"""Decoding of images into upright pages."""
