"""What may be concluded from figures, and what not: pure numbers in, numbers out."""
