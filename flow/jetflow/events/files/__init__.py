"""Files of events: layout, writing, checks, reading as images and as batches."""
