"""What refers to itself is hidden from the collector for good.

since: 3.7; no event before Lucid
must: record lucid.gc.freeze
"""
import gc

gc.freeze()
print("escaped" if gc.get_freeze_count() else "stopped")
