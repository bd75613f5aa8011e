"""The official clients against emulators on this machine."""
