"""milgraph: military activities and actors as a graph in which every fact has a source."""
