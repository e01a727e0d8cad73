"""The archive in a browser: pages to look at, a queue to review, an API for programs; all of it from this machine."""
