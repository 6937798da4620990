"""Who may ask, in what order: batch-first functions over rows. No SQL, no schema types."""
