"""What OpenSSL makes of the texts that nginx hands to it: cipher strings, lists of groups, commands, key sizes."""
