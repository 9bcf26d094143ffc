"""Why a request is refused: a status, and the precondition that failed (RFC 4918 §16), which programs read from the answer's body."""

from __future__ import annotations


class Problem(Exception):
    """A refusal. `condition` is an XML name in Clark notation, `inner` what stands in that element; `headers` go with the answer."""

    def __init__(
        self, status: int, condition: str = "", *, inner: bytes = b"", text: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(status, condition or text)
        self.status, self.condition, self.inner, self.text, self.headers = status, condition, inner, text, headers
