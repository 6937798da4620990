"""The rules of the channel as pure functions on plain values: no input or output, no clock, no framework."""
