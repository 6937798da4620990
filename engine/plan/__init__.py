"""Documents become plans: an operation compiled to one Python function that runs level by level."""
