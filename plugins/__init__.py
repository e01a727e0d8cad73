"""The plugins that ship with notes. Each is loaded through the same door as a user's own."""
