"""Proton collisions: processes, Pythia, where they happen, the heavy particles in them."""
