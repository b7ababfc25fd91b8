"""What the store's contents look like to others: files, the seeds' records. Pure values."""
