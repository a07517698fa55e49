"""Passwords that tests sign in with: real argon2, at a hundredth of its cost, for a run signs in thousands of times."""

from argon2 import PasswordHasher

light = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash
