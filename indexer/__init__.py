"""notes: read archives of handwritten pages, index the lines and find them again."""
