"""A build in the formats that others read."""
