"""The embedded default: PostgreSQL, Redis, web, worker and beat as children of one process.

`DATABASE_URL` and `REDIS_URL` replace the embedded servers. Modules, lowest first:

place       where one copy keeps its data, sockets, logs and keys; which account its servers use
processes   start a child that dies with its parent; stop it in an orderly way
locks       who owns a data directory, who only uses it, whether old children still live
postgres    the PostgreSQL server
broker      the Redis server
services    both together
hosting     the servers for the length of one management command
packages    system packages (PDF libraries, browser)
supervisor  the demo
testrun     the tests

Nothing here imports Django at module level, except `supervisor` and `testrun`.
"""
