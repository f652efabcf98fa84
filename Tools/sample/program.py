"""A program that does a little of everything an audit log shows."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading


def serve_once(server):
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"hello from the network\n")


def talk_over_the_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve_once, args=(server,))
        thread.start()
        with socket.create_connection(server.getsockname()) as client:
            text = client.makefile().readline()
        thread.join()
    return text


def use_files(folder):
    path = os.path.join(folder, "data.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"answer": 42}, file)
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)["answer"]
    os.rename(path, path + ".old")
    os.remove(path + ".old")
    return answer


def run_dynamic_code():
    namespace = {}
    exec("def double(x):\n    return 2 * x", namespace)
    return namespace["double"](21)


def change_the_runtime():
    sys.settrace(None)

    def function():
        return 1

    function.__code__ = (lambda: 2).__code__
    return function()


def main():
    with tempfile.TemporaryDirectory() as folder:
        print("files:", use_files(folder))
    print("network:", talk_over_the_network().strip())
    print("process:", subprocess.check_output(["echo", "hi"], text=True).strip())
    print("dynamic code:", run_dynamic_code())
    print("runtime:", change_the_runtime())


if __name__ == "__main__":
    main()
