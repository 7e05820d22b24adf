"""Doors: the ways by which a program changes the graph, its own or that of a server."""

from milgraph.doors.local import Door, GateDoor, login_author, open_door
from milgraph.doors.remote import ServerDoor
from milgraph.doors.told import Told

__all__ = [
    "Door",
    "GateDoor",
    "ServerDoor",
    "Told",
    "login_author",
    "open_door",
]
