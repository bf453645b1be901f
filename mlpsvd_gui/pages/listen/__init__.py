"""Listen: live classification."""
