"""Bad and good lessons planted in generated histories, written without sight of the gate."""
