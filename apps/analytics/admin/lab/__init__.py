"""The laboratory: forms and pictures of simulations and experiments."""
