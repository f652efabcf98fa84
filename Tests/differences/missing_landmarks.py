"""Start-up does not report which folders of the library it did not find

Area: Start-up and imports
Why: The folders are known, not searched for.  The import that fails for that reason
    is reported.
Instead: The report of the path configuration, which comes with the failure.
"""
import subprocess
import sys

errors = subprocess.run([sys.executable, "-S", "-c", "pass"], text=True,
                        env={"PYTHONPLATLIBDIR": "elsewhere"},
                        capture_output=True).stderr
print(errors.count("Could not find"), "Python path configuration" in errors)

# Lucid prints:
#     0 True
#
# CPython 3.11 prints:
#     2 True
