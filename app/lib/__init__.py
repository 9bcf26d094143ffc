"""How the world works: formats, protocols, cryptography, files. Nothing in here knows the app."""

from zoneinfo import reset_tzpath

reset_tzpath(to=())  # zones come from the tzdata package, the same ones wherever it runs
