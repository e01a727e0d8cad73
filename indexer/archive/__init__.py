"""The library: an archive is opened, read into, searched, corrected, exported and backed up. It prints nothing."""
