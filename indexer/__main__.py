"""``python -m indexer``, and where the command ``notes`` begins."""

from indexer.system import isolation

isolation.leave_current_folder()  # before anything else is imported

from indexer.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
