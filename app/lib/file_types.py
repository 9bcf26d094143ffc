"""What a file is, by its name: media type, the group that its icon and viewer go by."""

from __future__ import annotations

import mimetypes
from functools import lru_cache

from app.lib.file_names import split

PICTURE, VIDEO, AUDIO, PDF, MARKDOWN, TEXT, CODE, TABLE, OFFICE, SHEET, SLIDES, ARCHIVE, OTHER = (
    "picture", "video", "audio", "pdf", "markdown", "text", "code", "table", "office", "sheet", "slides", "archive", "other",
)
_TYPES = mimetypes.MimeTypes()
for _suffix, _type in {
    ".md": "text/markdown", ".markdown": "text/markdown", ".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic", ".jxl": "image/jxl",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation", ".ics": "text/calendar", ".vcf": "text/vcard", ".mkv": "video/x-matroska",
    ".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac",
    ".m4v": "video/mp4", ".ogv": "video/ogg", ".webm": "video/webm", ".weba": "audio/webm", ".7z": "application/x-7z-compressed",
    ".yaml": "text/yaml", ".yml": "text/yaml", ".toml": "text/toml", ".ts": "text/x-typescript", ".epub": "application/epub+zip",
}.items():
    _TYPES.add_type(_type, _suffix)
_OFFICE = {
    OFFICE: (".docx", ".doc", ".odt", ".rtf"), SHEET: (".xlsx", ".xls", ".ods"), SLIDES: (".pptx", ".ppt", ".odp", ".ppsx"),
    ARCHIVE: (".zip", ".tar", ".gz", ".tar.gz", ".7z", ".rar", ".xz", ".tar.xz"), TABLE: (".csv", ".tsv"), MARKDOWN: (".md", ".markdown"),
    TEXT: (".txt", ".log", ".text", ".ics", ".vcf", ".srt", ".eml"),
}
_GROUPS = {suffix: group for group, suffixes in _OFFICE.items() for suffix in suffixes}
_CODE_SUFFIXES = """
.py .js .mjs .ts .tsx .jsx .css .html .htm .xml .svg .json .yaml .yml .toml .ini .cfg .conf .sh .bash .zsh .ps1 .bat .sql .c .h .cpp .hpp .rs .go
.java .kt .swift .rb .php .pl .lua .r .tex .diff .patch .env .gitignore .cs .scala .hs .ex .exs .clj .vue .svelte .scss .less .graphql .proto
.dockerfile .makefile .ipynb .rst .adoc .bib
"""
_CODE = frozenset(_CODE_SUFFIXES.split())
SHOWN_AS_THEY_ARE = frozenset((
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    "audio/mpeg", "audio/ogg", "audio/mp4", "audio/aac", "audio/wav", "audio/x-wav", "audio/flac", "audio/webm", "application/pdf",
))
"""Types that a browser shows by itself without running anything of theirs."""


def media_type(name: str) -> str:
    """The media type that goes with a name: what a browser or client says isn't believed."""
    return _type_of(split(name)[1].lower())


@lru_cache(maxsize=1_000)
def _type_of(suffix: str) -> str:
    return _TYPES.guess_type(f"x{suffix}")[0] or "application/octet-stream"


def group_of(name: str) -> str:
    """The group of a file, by its name."""
    suffix, type_ = split(name)[1].lower(), media_type(name)
    if suffix in _GROUPS:
        return _GROUPS[suffix]
    if suffix in _CODE or name.lower() in ("dockerfile", "makefile", "license", "readme"):
        return CODE
    if type_ == "application/pdf":
        return PDF
    kind = type_.partition("/")[0]
    return {"image": PICTURE, "video": VIDEO, "audio": AUDIO, "text": TEXT}.get(kind, OTHER)
