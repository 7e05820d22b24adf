"""Reconciliation over HTTP: the Entity Reconciliation API 0.2, for OpenRefine and others."""

from milgraph.service.reconciliation.doors import reconcile_routes

__all__ = ["reconcile_routes"]
