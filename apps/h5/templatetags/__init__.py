"""What templates of member pages need beside Django's own."""
