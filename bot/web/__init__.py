"""The web process: the citizen's page today, the desk and the console as sub-applications later."""
