"""Text in, text to compare out: folding, word breaks, languages. It reads no file."""
