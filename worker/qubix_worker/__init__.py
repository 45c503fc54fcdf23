"""The worker: the one program on a provider's machine that talks to the server and runs jobs.

Nothing in here may import the server or the desktop; both may import from here.
"""

__version__ = "0.1.0"
