"""What is printed: a value → lines → bytes. Pure: no clock, randomness, I/O or device."""
