"""Other programs in a chat: `integration` what there is, `incoming` and `outgoing` webhooks, `slash` commands elsewhere, `bots` and their tokens."""
