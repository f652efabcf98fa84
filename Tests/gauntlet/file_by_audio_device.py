"""The sound module opens what it is told is a device.

since: 2.3; no event before Lucid
must: record lucid.* canary
"""
import os
import warnings

warnings.simplefilter("ignore")
import ossaudiodev

with open("canary", "w"):
    pass
try:
    ossaudiodev.open(os.path.abspath("canary"), "w")
except (OSError, ossaudiodev.OSSAudioError) as error:
    # It was opened; that it is no sound device was found out afterwards.
    print("escaped" if "ioctl" in str(error) else "stopped")
