"""The wizard's pages. A page shows one state value and hands in one answer; it knows no other."""
