"""The status window: a room for each thing that it shows. Only the desk opens it."""
