"""What an operator may do here: allowed, done, written down. One module per noun; doors call nothing else."""
