"""A good guest: when this computer rests from sharing, by its owner's rules and by its own state.

Here: the rules (`rules`, `hours`), what they are told of this moment (`senses`), and the thread
that asks now and then (`watch`). What differs between systems is in `system`.
"""
