"""The bytes of a picture in, an upright page and the places on it out. It knows no engine and no archive."""
