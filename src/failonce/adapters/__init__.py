"""The world behind the ports: databases, files, formats."""
