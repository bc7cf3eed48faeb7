"""Rasa graph components and the few places where Rasa itself is adapted. The only place that imports rasa."""
