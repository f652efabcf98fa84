"""Clocks and broken-down times."""
import signal
import threading
import time
import unittest

from support import lucid_only


class ConversionTests(unittest.TestCase):
    def test_fields_are_checked_before_the_c_library_sees_them(self):
        good = [2000, 1, 1, 0, 0, 0, 0, 1, 0]
        for index, value, what in ((1, 13, "month"), (2, 32, "day of month"),
                                   (3, 24, "hour"), (4, 60, "minute"),
                                   (5, 62, "seconds"), (6, -2, "day of week"),
                                   (7, 367, "day of year")):
            bad = good[:]
            bad[index] = value
            for function in (time.asctime,
                             lambda t: time.strftime("%c", t)):
                with self.assertRaisesRegex(ValueError, what):
                    function(tuple(bad))

    def test_seconds_round_down(self):
        self.assertEqual(time.gmtime(-0.5)[:6], (1969, 12, 31, 23, 59, 59))

    def test_out_of_range_and_nan(self):
        with self.assertRaises(OverflowError):
            time.gmtime(1e20)
        with self.assertRaises(ValueError):
            time.gmtime(float("nan"))

    def test_empty_format_and_results(self):
        self.assertEqual(time.strftime(""), "")
        self.assertEqual(time.strftime("%%"), "%")


class ClockTests(unittest.TestCase):
    @lucid_only("the reference crashes")
    def test_clock_of_a_thread_that_is_none(self):
        for number in 1, 255, 2 ** 47:
            with self.assertRaises(ProcessLookupError):
                time.pthread_getcpuclockid(number)
            with self.assertRaises(ProcessLookupError):
                signal.pthread_kill(number, 0)
        signal.pthread_kill(threading.get_ident(), 0)
        self.assertGreater(time.clock_gettime(
            time.pthread_getcpuclockid(threading.get_ident())), 0)

    def test_pairs_agree(self):
        for name in ("time", "monotonic", "perf_counter", "process_time",
                     "thread_time"):
            seconds = getattr(time, name)()
            nanoseconds = getattr(time, name + "_ns")()
            self.assertAlmostEqual(seconds, nanoseconds / 1e9, delta=5)
            info = time.get_clock_info(name)
            self.assertNotEqual(info.monotonic, info.adjustable)

    def test_negative_sleep_is_refused(self):
        with self.assertRaisesRegex(ValueError, "non-negative"):
            time.sleep(-1)


if __name__ == "__main__":
    unittest.main()
