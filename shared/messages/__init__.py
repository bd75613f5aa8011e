"""Messages between services: versioned models, and their decoding from every delivery shape."""
