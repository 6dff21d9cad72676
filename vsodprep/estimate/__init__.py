"""What a configuration will take, told before it runs."""
