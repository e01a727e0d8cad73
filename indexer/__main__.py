"""``python -m indexer``, and where the command ``notes`` begins."""

_NEXT = "Close other programs, free some space, or allow more open files (ulimit -n 4096), then run the command again."
"""The next step when Python cannot even load the command line."""


def main() -> None:
    """Run the command line. Ctrl-C while it is still being loaded ends it at once: there is nothing to keep yet."""
    import os  # which Python has loaded by now

    def end(*_: object) -> None:
        os.write(2, b"notes: interrupted\n")
        os._exit(130)

    try:
        from indexer.system import isolation

        isolation.leave_current_folder()  # before anything else is imported
        import signal

        is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if is_ours:
            signal.signal(signal.SIGINT, end)
        from indexer.cli import main as run

        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:
        end()
    except (OSError, MemoryError) as error:  # only while it is loaded: no module of ours may be there to tell more
        os.write(2, f"notes: it cannot be loaded: {error or 'there is not enough memory'}\n{_NEXT}\n".encode())
        os._exit(5)


if __name__ == "__main__":
    main()
