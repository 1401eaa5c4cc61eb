"""The Panel app over `photoz`; it holds no science of its own."""
