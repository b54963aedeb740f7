"""What reads campaigns."""
