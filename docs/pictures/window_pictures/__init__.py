"""Pictures of the real window: a scene for each, what they show, and the texts by which a stale picture is found."""
