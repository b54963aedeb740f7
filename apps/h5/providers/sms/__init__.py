"""Ways of sending a code to a phone, one file each."""
