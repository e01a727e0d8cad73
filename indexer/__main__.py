"""``python -m indexer``, and where the command ``notes`` begins."""


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


if __name__ == "__main__":
    main()
