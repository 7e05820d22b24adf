"""Importers: the records of other people's event data sets, as articles of our own."""
