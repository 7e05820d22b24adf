"""Vocabularies: the namespaces in which a service describes itself and its dataset."""

from milgraph.terms import Namespace

__all__ = [
    "DCAT",
    "ENTAILMENT",
    "FOAF",
    "FORMATS",
    "HYDRA",
    "MEDIA_TYPES",
    "PROFILE",
    "SCHEMA",
    "SD",
    "SPEX",
    "VOID",
]

DCAT = Namespace("http://www.w3.org/ns/dcat#")
ENTAILMENT = Namespace("http://www.w3.org/ns/entailment/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")
PROFILE = Namespace("http://www.w3.org/ns/owl-profile/")
SCHEMA = Namespace("https://schema.org/")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
SPEX = Namespace("https://purl.expasy.org/sparql-examples/ontology#")
VOID = Namespace("http://rdfs.org/ns/void#")
