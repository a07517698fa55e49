"""What secrets cost in tests: real argon2, at a hundredth of its cost, for a run signs in thousands of times."""

from argon2 import PasswordHasher

from server.documents.keybox import Cost

light = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash
LIGHT = Cost(passes=1, kibibytes=1024, lanes=1)
