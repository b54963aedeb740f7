<<<<<<< HEAD
"""What reads campaigns."""
=======
"""Reading campaigns."""
>>>>>>> main
