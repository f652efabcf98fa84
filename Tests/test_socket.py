"""Sockets: timeouts, addresses, messages; select and subprocess beside them."""
import array
import os
import select
import socket
import subprocess
import sys
import unittest


class TimeoutTests(unittest.TestCase):
    def test_receive_times_out(self):
        left, right = socket.socketpair()
        with left, right:
            left.settimeout(0.05)
            with self.assertRaisesRegex(TimeoutError, "timed out"):
                left.recv(1)
            left.setblocking(False)
            with self.assertRaises(BlockingIOError):
                left.recv(1)

    def test_nothing_listens(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with socket.socket() as client:
            client.settimeout(5)
            self.assertNotEqual(client.connect_ex(("127.0.0.1", port)), 0)


class AddressTests(unittest.TestCase):
    def test_shapes_are_checked(self):
        with socket.socket() as s:
            for bad, error in ((3, TypeError), (("a",), TypeError),
                               (("127.0.0.1", -1), OverflowError),
                               (("127.0.0.1", 65536), OverflowError),
                               (("a\0b", 1), TypeError)):
                with self.assertRaises(error):
                    s.bind(bad)

    def test_abstract_names_are_bytes(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(b"\0lucid-%d" % os.getpid())
            self.assertEqual(s.getsockname(), b"\0lucid-%d" % os.getpid())


class MessageTests(unittest.TestCase):
    def test_descriptors_travel(self):
        left, right = socket.socketpair()
        reader, writer = os.pipe()
        with left, right:
            left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                   array.array("i", [writer]))])
            os.close(writer)
            data, ancillary, flags, address = right.recvmsg(
                10, socket.CMSG_SPACE(4))
            self.assertEqual(data, b"x")
            fd = array.array("i", ancillary[0][2])[0]
            os.write(fd, b"hello")
            os.close(fd)
            self.assertEqual(os.read(reader, 10), b"hello")
            os.close(reader)


class SelectTests(unittest.TestCase):
    def test_all_three_see_the_same(self):
        left, right = socket.socketpair()
        with left, right, select.epoll() as epoll:
            left.send(b"x")
            poll = select.poll()
            poll.register(right, select.POLLIN)
            epoll.register(right, select.EPOLLIN)
            self.assertEqual(select.select([left, right], [], [], 0)[0],
                             [right])
            self.assertEqual(poll.poll(0), [(right.fileno(), select.POLLIN)])
            self.assertEqual(epoll.poll(0),
                             [(right.fileno(), select.EPOLLIN)])


class SubprocessTests(unittest.TestCase):
    def test_kept_descriptor_and_closed_one(self):
        keep, lose = os.open(os.devnull, 0), os.open(os.devnull, 0)
        os.set_inheritable(lose, True)
        code = ("import os\nfor fd in (%d, %d):\n"
                "    try: os.fstat(fd); print('open')\n"
                "    except OSError: print('closed')" % (keep, lose))
        try:
            output = subprocess.run([sys.executable, "-S", "-c", code],
                                    pass_fds=[keep], capture_output=True)
        finally:
            os.close(keep)
            os.close(lose)
        self.assertEqual(output.stdout.split(), [b"open", b"closed"])

    def test_error_before_exec_arrives(self):
        with self.assertRaises(FileNotFoundError):
            subprocess.run(["/nonexistent"])
        with self.assertRaises(NotADirectoryError):
            subprocess.run(["true"], cwd=os.devnull)
        with self.assertRaisesRegex(subprocess.SubprocessError,
                                    "preexec_fn"):
            subprocess.run(["true"], preexec_fn=lambda: 1 / 0)


if __name__ == "__main__":
    unittest.main()
