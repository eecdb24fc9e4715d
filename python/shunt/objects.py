# SPDX-License-Identifier: Apache-2.0
"""Objects of named classes on the servers of a farm, over a node's control socket.

A process serves classes of its own with `serve()`, and makes and calls objects, wherever these
live, with `Client`:

    shunt.objects.serve("/run/shunt/s3.sock", {"words": Words})

    with shunt.objects.Client("/run/shunt/s1.sock") as client:
        with client.create("words", b"en") as words:
            print(words.call(b"some text"))

Nothing waits for ever: within `PATIENCE_SECONDS` there is an answer, an `ObjectError`, or where the
node itself does not answer an `OSError`.
"""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Protocol

__all__ = [
    "CallFailedError",
    "Client",
    "Object",
    "ObjectError",
    "ObjectGoneError",
    "Served",
    "Server",
    "serve",
]

PATIENCE_SECONDS = 15.0
"""Longer than the node's own: it is the node that says what was wrong."""

BYTES_MAX = 524_288
"""The longest arguments, call and result."""

ERROR_MAX = 1_024
"""Characters of an exception's text that its caller hears."""

_LOG = logging.getLogger(__name__)


class ObjectError(Exception):
    """A node has refused, or cannot; `code` is one of docs/objects.md, `text` a sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class ObjectGoneError(ObjectError):
    """The object has ended: it was released, its process has ended, or its server is lost."""


class CallFailedError(ObjectError):
    """The object is there, and the call has no result: `text` is what its class says."""


_KINDS: dict[str, type[ObjectError]] = {
    "object-gone": ObjectGoneError,
    "unknown-object": ObjectGoneError,
    "call-failed": CallFailedError,
}


class Served(Protocol):
    """What an object has to have; `close()`, if it has one, is called once when it ends."""

    def call(self, data: bytes, /) -> bytes:
        """The result, `BYTES_MAX` bytes at most; an exception's text is the caller's error."""


Factory = Callable[[bytes], Served]
"""Makes an object of its arguments; an exception refuses them."""


class _Line:
    """A connection to a node's control socket: one request, one answer."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(fspath(path))
        except OSError:
            self._socket.close()
            raise
        self._answers = self._socket.makefile("rb")
        self._is_waiting = False

    def ask(self, verb: str, patience: float | None, **fields: object) -> dict[str, Any]:
        """The result. `patience` in seconds, None: for ever.

        Raises ObjectError, ConnectionError (the node has ended, or an earlier wait was broken off:
        its answer may come at any time), TimeoutError.
        """
        if self._is_waiting:
            raise ConnectionError("an earlier request was left before its answer came")
        self._is_waiting = True
        self._socket.settimeout(patience)
        self._socket.sendall(json.dumps({"id": 1, "do": verb, **fields}).encode() + b"\n")
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the node has closed its control socket")
        self._is_waiting = False
        answer = json.loads(line)
        if not answer["ok"]:
            code = answer["error"]
            raise _KINDS.get(code, ObjectError)(code, answer["text"])
        result: dict[str, Any] = answer["result"]
        return result

    def interrupt(self) -> None:
        """Whoever waits for an answer gets a ConnectionError."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the node was quicker

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


def _to_text(data: bytes, what: str) -> str:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what}: expected bytes, got {type(data).__name__}")
    if len(data) > BYTES_MAX:
        raise ValueError(f"{what}: expected {BYTES_MAX} bytes at most, got {len(data)}")
    return base64.b64encode(data).decode()


class Object:
    """An object somewhere in the farm; made by `Client.create()`. A `with` releases it."""

    def __init__(self, line: _Line, lock: threading.Lock, handle: str, class_name: str) -> None:
        self._line = line
        self._lock = lock
        self.handle = handle
        self.class_name = class_name

    def call(self, data: bytes = b"") -> bytes:
        """Bytes in, bytes out.

        Raises CallFailedError, ObjectGoneError, ObjectError (`timed-out`, `busy`).
        """
        text = _to_text(data, "data")
        with self._lock:
            result = self._line.ask("object-call", PATIENCE_SECONDS, handle=self.handle, bytes=text)
        return base64.b64decode(result["bytes"])

    def release(self) -> None:
        """The object ends; one that is gone already is no error."""
        with self._lock:
            try:
                self._line.ask("object-release", PATIENCE_SECONDS, handle=self.handle)
            except ObjectGoneError:
                pass

    def __enter__(self) -> Object:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.release()
        except OSError:
            pass  # the node has ended, and with it the object

    def __repr__(self) -> str:
        return f"<Object {self.handle} of class {self.class_name}>"


class Client:
    """Makes objects by one node; they end with the client unless they are kept.

    Raises OSError where no node answers at `path`, its control socket. Threads may share it, and
    wait for each other.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._line = _Line(path)
        self._lock = threading.Lock()

    def create(
        self,
        class_name: str,
        arguments: bytes = b"",
        *,
        server: str | None = None,
        keep: bool = False,
    ) -> Object:
        """An object of the class: on the server of that name, or where the node sees fit.

        Raises ObjectError: `unknown-class`, `no-server`, `refused`, `unknown-server`, `busy`,
        `timed-out`.
        """
        fields: dict[str, object] = {"class": class_name, "keep": keep}
        fields["arguments"] = _to_text(arguments, "arguments")
        if server is not None:
            fields["server"] = server
        with self._lock:
            result = self._line.ask("object-create", PATIENCE_SECONDS, **fields)
        return Object(self._line, self._lock, result["handle"], class_name)

    def attach(self, handle: str) -> Object:
        """An object that was kept, by its handle."""
        return Object(self._line, self._lock, handle, "")

    def close(self) -> None:
        """Ends every object of the client that is not kept."""
        self._line.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _told(error: Exception) -> str:
    """What a caller hears of it: a text that JSON can carry, of bounded length."""
    try:
        text = str(error) or type(error).__name__
    except Exception:  # pylint: disable=broad-exception-caught
        text = type(error).__name__
    return text[:ERROR_MAX].encode("utf-8", "replace").decode()


class Server:
    """Serves classes of this process to the whole farm, one request after the other.

    `classes` names for each class what makes an object of its arguments. Raises OSError where no
    node answers at `path`, ObjectError where a class is there already.
    """

    def __init__(self, path: str | PathLike[str], classes: Mapping[str, Factory]) -> None:
        if not classes:
            raise ValueError("classes: expected one at least")
        self._classes = dict(classes)
        self._objects: dict[str, Served] = {}
        self._is_stopped = False
        self._line = _Line(path)
        try:
            for name in self._classes:
                self._line.ask("object-serve", PATIENCE_SECONDS, **{"class": name})
        except BaseException:
            self._line.close()
            raise

    def serve_forever(self) -> None:
        """Until `stop()`. Raises ConnectionError when the node has ended.

        ObjectGoneError: the node was restarted, and knows neither classes nor objects any more.
        """
        try:
            while True:
                self._serve_one()
        except (OSError, ValueError):
            if not self._is_stopped:
                raise
        finally:
            for name in list(self._objects):
                self._end(name)
            self._line.close()

    def stop(self) -> None:
        """`serve_forever()` returns behind the request under way; from any thread."""
        self._is_stopped = True
        self._line.interrupt()

    def _serve_one(self) -> None:
        try:
            request = self._line.ask("object-next", None)
        except ObjectError as error:
            if error.code != "not-possible":
                raise
            # It was restarted while an answer was made, and has no class of this client.
            raise ObjectGoneError("object-gone", "the node was restarted") from error
        name: str = request["object"]
        if request["do"] == "release":
            self._end(name)
            return
        fields: dict[str, object] = {"request": request["request"]}
        data = base64.b64decode(request["bytes"])
        try:
            if request["do"] == "create":
                self._objects[name] = self._classes[request["class"]](data)
            else:
                fields["bytes"] = _to_text(self._objects[name].call(data), "the result")
        except Exception as error:  # pylint: disable=broad-exception-caught
            fields["error"] = _told(error)
        try:
            self._line.ask("object-answer", PATIENCE_SECONDS, **fields)
        except ObjectError as error:
            # It took too long, and whoever has asked was told so.
            if error.code != "unknown-request":
                raise

    def _end(self, name: str) -> None:
        close = getattr(self._objects.pop(name, None), "close", None)
        if close is None:
            return
        try:
            close()
        except Exception:  # pylint: disable=broad-exception-caught
            # Its caller is gone, and the other objects have done nothing.
            _LOG.exception("close() of object %s", name)


def serve(path: str | PathLike[str], classes: Mapping[str, Factory]) -> None:
    """Serves the classes until the node ends, or this process does; see `Server`."""
    Server(path, classes).serve_forever()
