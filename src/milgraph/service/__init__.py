"""Service: the graph over HTTP, for machines and for people."""
