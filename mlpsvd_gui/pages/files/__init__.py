"""Files: classification of many recordings."""
