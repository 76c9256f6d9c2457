"""Making files of events: what is asked for, shards, pileup, processes and clusters of machines."""
