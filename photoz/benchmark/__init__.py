"""Fixed benchmarks on real galaxies, beside the saved posteriors of other codes."""
