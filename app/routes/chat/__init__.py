"""Chat over HTTP: `places` (the side column, browsing, starting conversations), `channels`, `members`, `messages`, `broadcasts`."""
