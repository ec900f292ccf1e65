"""What else in /etc has a say in TLS: certbot's files, OpenSSL's, the resolver's, the authorities."""
