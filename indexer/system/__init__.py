"""What the operating system and its person give: paths, locks, processes, the log, settings. It knows no page."""
