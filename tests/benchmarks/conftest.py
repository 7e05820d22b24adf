"""These modules are programs that `make bench` runs; pytest is not to import them."""

collect_ignore_glob = ["*.py"]
