"""Commands: ``flask serve``, ``work``, ``doctor``, ``settings`` and what operators do by hand."""
