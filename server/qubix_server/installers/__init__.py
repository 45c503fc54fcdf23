"""What the server hands out: the worker, the scripts around it, and the operator's applications.

Of the worker it uses `qubix_worker.amalgamation` and `qubix_worker.protocol`, and nothing else.
"""
