"""One file for each format of recordings, behind the port `Importer`."""
