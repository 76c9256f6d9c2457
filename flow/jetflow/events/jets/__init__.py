"""Jets and clusters: of particles, of energy flow with their tags, of calorimeter towers."""
