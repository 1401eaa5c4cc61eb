"""Photometric redshifts by simulation-based inference."""
