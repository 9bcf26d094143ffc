"""How the world works: formats, protocols, cryptography, files. Nothing in here knows the app."""
