"""The index of what was read (Whoosh): lines in, lines with a word out. It decides no relevance."""
