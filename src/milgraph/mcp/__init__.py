"""The graph for clients of language models, by the Model Context Protocol."""
