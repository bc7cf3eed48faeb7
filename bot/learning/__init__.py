"""From labels on real messages to a released model: the inbox, the project that is trained on, versions, releases."""
