"""The ordered steps from nothing to "online". No user interface: progress is data.

The wizard, the script installers and `qubix-worker setup` are three faces of these steps.
"""
