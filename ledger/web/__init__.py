"""The shell around every page: templates, static files, errors, headers, guards, services."""
