"""How driftscan behaves on this host, as its people set it: /etc/driftscan.toml, the environment, and the defaults."""
