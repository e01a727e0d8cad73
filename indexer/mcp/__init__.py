"""The archive for assistants: tools of the Model Context Protocol, each an operation of the library."""
