"""The till: a pure state machine."""
