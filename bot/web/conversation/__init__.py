"""The one place through which every channel's messages go: stored, answered in order, held by the bot or an operator."""
