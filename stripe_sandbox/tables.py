"""A table that is copied for nothing: two copies share their rows until one is written to.

It can also be tried: what was written since `begin` is then taken back by `undo`.
"""

from collections.abc import Iterable, Iterator, MutableMapping, ValuesView
from typing import Any

Json = dict[str, Any]
_ABSENT = object()


class Table(MutableMapping[str, Any]):
    """Rows by their id, in the order of their making. A row is replaced, never mutated."""

    __slots__ = ("_before", "_is_shared", "_rows", "_whole")

    def __init__(self, rows: Json | None = None) -> None:
        self._rows: Json = {} if rows is None else rows
        self._is_shared = False
        self._before: Json | None = None
        """While it is tried: the rows as they were that were replaced or are new."""
        self._whole: Json | None = None
        """While it is tried: all rows, from when the first was removed, for their order."""

    def fork(self) -> "Table":
        """Return a copy, at no cost; the first write to either then costs a copy of the ids."""
        other = Table(self._rows)
        self._is_shared = other._is_shared = True
        return other

    def begin(self) -> None:
        """Remember what is changed from now on."""
        self._before, self._whole = {}, None

    def undo(self) -> None:
        """Be as at `begin`."""
        rows = self._own() if self._whole is None else self._whole
        for key, row in (self._before or {}).items():
            if row is _ABSENT:
                rows.pop(key, None)
            else:
                rows[key] = row
        self._rows = rows
        self.begin()

    def end(self) -> None:
        """Keep what was changed; there is no way back."""
        self._before = self._whole = None

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget every row but these."""
        self._keep_whole()
        self._rows = {row_id: self._rows[row_id] for row_id in ids}
        self._is_shared = False

    def as_dict(self) -> Json:
        """Return the rows as JSON has them."""
        return dict(self._rows)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a row, or the default."""
        return self._rows.get(key, default)

    def values(self) -> ValuesView[Any]:
        """Return the rows, the oldest first."""
        return self._rows.values()

    def __getitem__(self, key: str) -> Any:
        return self._rows[key]

    def __setitem__(self, key: str, row: Any) -> None:
        if self._before is not None and self._whole is None and key not in self._before:
            self._before[key] = self._rows.get(key, _ABSENT)
        self._own()[key] = row

    def __delitem__(self, key: str) -> None:
        self._keep_whole()
        del self._own()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return repr(self._rows)

    def _keep_whole(self) -> None:
        if self._before is not None and self._whole is None:
            self._whole = self._rows.copy()

    def _own(self) -> Json:
        if self._is_shared:
            self._rows = self._rows.copy()
            self._is_shared = False
        return self._rows
