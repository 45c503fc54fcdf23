"""`/openapi.json`: the API as it is, made of the types and rules that requests are checked by.

Nothing of the server depends on it but `app`, which serves it.
"""
