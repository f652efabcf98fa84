"""readline writes its history to any file.

since: no event before Lucid
must: record lucid.* canary
"""
import readline

readline.add_history("escaped")
readline.write_history_file("canary")
print("escaped")
