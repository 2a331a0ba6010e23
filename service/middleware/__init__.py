"""What stands between the socket and the routes, one middleware a file."""
