"""One file, one cause: `CAUSE`, with the explanation that `diagnose explain` prints.

A module whose name begins with `_` holds what several causes share. Functions over facts only.
"""
