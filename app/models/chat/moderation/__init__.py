"""Keeping a chat civil and lawful: `reports` of messages, `words` that aren't said, `retention` and legal holds."""
