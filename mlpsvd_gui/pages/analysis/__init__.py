"""Analysis page: what the trained networks learned."""
