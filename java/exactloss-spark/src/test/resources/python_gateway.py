# SPDX-License-Identifier: Apache-2.0
"""Runs a query that gives one number, by Spark's gateway for Python, and prints the number.

    python_gateway.py QUERY SPARK-SUBMIT [ARGUMENT...]

It starts the gateway and speaks its protocol, Py4J's text form: a line for each part of a command, "e" at the end, and an
answer of one line.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile


class Gateway:
    """A connection to a gateway in another process."""

    def __init__(self, port, secret):
        self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rw", encoding="utf-8", newline="\n")
        self.command("A", secret)

    def command(self, *lines):
        """The answer without its mark of success."""
        self.stream.write("".join(f"{line}\n" for line in lines))
        self.stream.flush()
        answer = self.stream.readline().rstrip("\n")
        if not answer.startswith("!y"):
            sys.exit(f"the gateway refuses {lines}: {answer}")
        return answer[2:]

    def call(self, target, method, *arguments):
        """Calls a method: of an object by its reference, or of a class by z: and its name."""
        answer = self.command("c", target, method, *arguments, "e")
        return answer[1:] if answer.startswith("r") else answer


def start(submit, folder):
    """The gateway's process, its port and its secret, which it writes to a file."""
    path = os.path.join(folder, "connection")
    gateway = subprocess.Popen(
        submit, stdin=subprocess.PIPE, stdout=sys.stderr, env=os.environ | {"_PYSPARK_DRIVER_CONN_INFO_PATH": path}
    )
    while not os.path.exists(path):  # as PySpark itself waits
        try:
            sys.exit(f"the gateway has ended with status {gateway.wait(timeout=0.1)}")
        except subprocess.TimeoutExpired:
            pass
    with open(path, "rb") as file:
        (port,) = struct.unpack("!i", file.read(4))
        (length,) = struct.unpack("!i", file.read(4))
        return gateway, port, file.read(length).decode()


def main():
    query, *submit = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        process, port, secret = start(submit, folder)
        try:
            gateway = Gateway(port, secret)
            builder = gateway.call("z:org.apache.spark.sql.SparkSession", "builder")
            session = gateway.call(builder, "getOrCreate")
            row = gateway.call(gateway.call(session, "sql", "s" + query), "head")
            print(gateway.call(row, "getDouble", "i0").removeprefix("d"))
        finally:
            process.stdin.close()  # which ends it
            process.wait()


if __name__ == "__main__":
    main()
