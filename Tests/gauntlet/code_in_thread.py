"""Another thread works while the first does nothing that could be seen.

since: no event before Lucid
must: record lucid._thread.start_new_thread
"""
import _thread

done = _thread.allocate_lock()
done.acquire()
_thread.start_new_thread(lambda: (print("escaped"), done.release()), ())
done.acquire(timeout=10)
