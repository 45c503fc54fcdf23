"""The routes of the API, a module for each thing that they are about. Handlers are thin: they read
the request, run one function inside one write or read, and answer.
"""
