"""The Runs page: kept runs, with search, notes, tags, star, trash and comparison."""
