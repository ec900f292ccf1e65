"""nginx as it reads a configuration: blobs, statements, includes, inheritance, sockets, default servers."""
