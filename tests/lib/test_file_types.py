"""What a file is, by its name."""

from __future__ import annotations

import pytest

from app.lib.file_types import SHOWN_AS_THEY_ARE, media_type


@pytest.mark.parametrize(("name", "kind"), [("IMG_0012.MOV", "video/quicktime"), ("clip.m4v", "video/mp4"), ("call.ogg", "audio/ogg"), ("memo.aac", "audio/aac")])
def test_what_phones_record_is_played(name: str, kind: str) -> None:
    assert media_type(name) == kind and kind in SHOWN_AS_THEY_ARE
