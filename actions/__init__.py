"""Rasa custom actions: read the tracker, call one use case, say the reply, return the events. Nothing else."""
