"""The desk of a plain store: any dataset, changed as its users say and no more."""

from pathlib import Path

from milgraph.store.plain import PlainStore
from milgraph.terms import NamedNode
from milgraph.writer.desk import Desk, documents, names, text_of, with_loads
from milgraph.writer.messages import Message
from milgraph.writer.receipts import Receipt
from milgraph.writer.updates import with_dataset

__all__ = ["PlainDesk"]


class PlainDesk(Desk):
    """What can be told to whoever holds a plain store.

    Who asks and why is not kept, since a plain dataset has no history.
    """

    def __init__(self, data: Path, sequence: int) -> None:
        """Open the store, of which `sequence` is the last commit that is known.

        Raises:
            StoreError: another process holds it, or the files cannot be used.
        """
        self.data = data
        self.committed = self._store = PlainStore(data / "plain", sequence=sequence)
        self.tasks = {
            "update": self._update,
            "put": self._put,
            "post": self._post,
            "delete": self._delete,
            "load": self._load,
        }

    def _receipt(self, *, existed: bool = True) -> Message:
        return Receipt(self.sequence, existed=existed).encode()

    def _update(self, message: Message, files: list[int]) -> Message:
        using, named = names(message["using"]), names(message["named"])
        text = with_loads(
            text_of(files[0]),
            message["loads"],
            files[1:],
            then=lambda text: with_dataset(text, using, named),
        )
        self._store.update(text, base=message["base"])
        return self._receipt()

    def _put(self, message: Message, files: list[int]) -> Message:
        is_new = self._store.put(_graph(message), documents(message, files))
        return self._receipt(existed=not is_new)

    def _post(self, message: Message, files: list[int]) -> Message:
        is_new = self._store.post(_graph(message), documents(message, files))
        return self._receipt(existed=not is_new)

    def _delete(self, message: Message, _: list[int]) -> Message:
        return self._receipt(existed=self._store.delete(_graph(message)))

    def _load(self, message: Message, files: list[int]) -> Message:
        for document in documents(message, files):
            self._store.load(document)
        return self._receipt()


def _graph(message: Message) -> NamedNode | None:
    return None if message["graph"] is None else NamedNode(message["graph"])
