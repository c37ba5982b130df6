"""The version of the library: what it draws from a key may change from one to another."""

VERSION = "0.1.0"
