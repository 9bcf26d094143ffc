"""Moving in and out: histories of Slack and Mattermost come in, channels go out as files."""
