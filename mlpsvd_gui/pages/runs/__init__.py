"""The Runs page: kept runs, with search, notes, tags, star and trash."""
