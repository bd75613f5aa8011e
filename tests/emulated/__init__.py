"""The whole pipeline over the wire: real service processes on the emulators. `make test-emulated`."""
