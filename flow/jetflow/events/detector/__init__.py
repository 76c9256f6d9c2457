"""The emulated detector: a card's numbers, tracks, calorimeters, energy flow."""
