"""Modules that are written in C and open files by themselves."""
import ctypes
import grp
import locale
import pwd
import sqlite3
import ssl
import time
from multiprocessing import shared_memory, synchronize, get_context

connection = sqlite3.connect("database")
connection.execute("create table numbers (n)")
connection.execute("insert into numbers values (1)")
connection.commit()
connection.execute("attach database 'attached' as other")
connection.execute("create table other.numbers (n)")
connection.commit()
connection.close()

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.set_default_verify_paths()
try:
    context.load_verify_locations("database")
except ssl.SSLError:
    pass

memory = shared_memory.SharedMemory(create=True, size=100)
memory.close()
memory.unlink()
synchronize.Lock(ctx=get_context("spawn"))

ctypes.CDLL("libm.so.6")
pwd.getpwuid(0)
grp.getgrgid(0)
locale.setlocale(locale.LC_ALL, "")
time.localtime()
