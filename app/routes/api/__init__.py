"""The HTTP API for bots: `door` who asks, `channels`, `messages`, `people` what they can do, `schema` what it looks like (OpenAPI 3.1)."""
