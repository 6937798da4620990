"""Other systems' words turned into ours, and back: one package for each kind of system."""
