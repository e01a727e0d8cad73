"""From the bytes of a picture to an upright page, and where things lie on it. It knows no engine and no archive."""
