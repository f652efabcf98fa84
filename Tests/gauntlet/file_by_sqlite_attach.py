"""A database in memory attaches one in a file.

since: no event before Lucid
must: record lucid.* canary
"""
import sqlite3

connection = sqlite3.connect(":memory:")
connection.execute("attach database 'canary' as other")
connection.execute("create table other.t (x)")
connection.commit()
print("escaped")
