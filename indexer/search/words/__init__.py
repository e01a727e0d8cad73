"""The index of what was read (Whoosh): words in, lines out. It decides no relevance."""
