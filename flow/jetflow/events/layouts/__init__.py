"""Files of others, from and to ours: the authors' public data, NumPy images, ROOT trees."""
