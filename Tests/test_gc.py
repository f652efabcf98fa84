"""Modules/gcmodule.c: cycles, finalizers, weak references."""

import gc
import unittest
import unittest.mock
import weakref

from support import lucid_only, run_python


class Node:
    def __init__(self):
        self.self = self


class CollectTests(unittest.TestCase):
    def setUp(self):
        gc.collect()

    def test_cycle_is_freed(self):
        reference = weakref.ref(Node())
        self.assertIsNotNone(reference())
        gc.collect()
        self.assertIsNone(reference())

    def test_finalizer_runs_once_though_it_resurrects(self):
        class Phoenix(Node):
            ashes = []

            def __del__(self):
                self.ashes.append(self)

        Phoenix()
        gc.collect()
        self.assertEqual(len(Phoenix.ashes), 1)
        Phoenix.ashes.clear()
        gc.collect()
        self.assertEqual(Phoenix.ashes, [])

    def test_callback_outside_the_trash_is_called(self):
        seen = []
        node = Node()
        reference = weakref.ref(node, lambda ref: seen.append(ref()))
        del node
        gc.collect()
        self.assertEqual(seen, [None])
        self.assertIsNone(reference())

    def test_callback_inside_the_trash_is_not_called(self):
        seen = []
        node = Node()
        node.reference = weakref.ref(node, lambda ref: seen.append(1))
        del node
        gc.collect()
        self.assertEqual(seen, [])

    def test_raising_finalizer_does_not_stop_the_others(self):
        done = []

        class Bad(Node):
            def __del__(self):
                done.append(1)
                raise ZeroDivisionError

        Bad(), Bad(), Bad()
        with unittest.mock.patch("sys.unraisablehook", lambda args: None):
            gc.collect()
        self.assertEqual(done, [1, 1, 1])

    def test_deep_nesting_is_freed_without_recursion(self):
        nested = None
        for _ in range(200_000):
            nested = [nested]
        del nested

    def test_callbacks_see_both_phases(self):
        phases = []
        callback = lambda phase, info: phases.append(
            (phase, info["generation"]))
        gc.callbacks.append(callback)
        try:
            gc.collect(1)
        finally:
            gc.callbacks.remove(callback)
        self.assertEqual(phases, [("start", 1), ("stop", 1)])

    def test_atoms_are_not_tracked(self):
        self.assertFalse(gc.is_tracked(1))
        self.assertFalse(gc.is_tracked({"a": 1}))
        self.assertTrue(gc.is_tracked([]))


class ThresholdTests(unittest.TestCase):
    def setUp(self):
        self.assertTrue(gc.isenabled())
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        gc.collect()

    def test_garbage_stays_until_the_threshold_is_reached(self):
        # The tiny build used to collect at every other allocation.
        reference = weakref.ref(Node())
        kept = [[] for i in range(10)]
        self.assertIsNotNone(reference())
        kept += [[] for i in range(gc.get_threshold()[0])]
        self.assertIsNone(reference())

    def test_garbage_stays_without_a_threshold_or_collector(self):
        for stop, go_on in ((gc.disable, gc.enable),
                            (lambda: gc.set_threshold(0), lambda: None)):
            gc.collect()
            stop()
            reference = weakref.ref(Node())
            kept = [[] for i in range(2000)]
            self.assertIsNotNone(reference())
            self.assertEqual(len(kept), 2000)
            go_on()


class ThreadTests(unittest.TestCase):
    @lucid_only("the reference can crash")
    def test_frames_of_threads_that_end_during_a_collection(self):
        result = run_python("-c", """if True:
            import gc, sys, threading, time
            class Cycle:
                def __init__(self): self.me = self
                def __del__(self): time.sleep(0)
            running = True
            def churn():
                while running:
                    threads = [threading.Thread(target=time.sleep, args=(0,))
                               for _ in range(8)]
                    for thread in threads: thread.start()
                    for thread in threads: thread.join()
            gc.set_threshold(1, 1, 1)
            churning = [threading.Thread(target=churn) for _ in range(3)]
            for thread in churning: thread.start()
            end = time.monotonic() + 1
            while time.monotonic() < end:
                Cycle(); sys._current_frames(); sys._current_exceptions()
            running = False
            for thread in churning: thread.join()
            print(gc.isenabled())
            """)
        self.assertEqual((result.returncode, result.stdout), (0, "True\n"))


if __name__ == "__main__":
    unittest.main()
