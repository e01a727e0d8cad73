"""The archive in a browser: pages to look at, a queue to review, an API for programs. All of it is served from here."""
