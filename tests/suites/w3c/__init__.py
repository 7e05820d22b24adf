"""What the suites of the W3C need to be run: their manifests, comparison, what is tested."""
