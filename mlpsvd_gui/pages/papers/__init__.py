"""Papers: the papers' tables and figures, recomputed."""
