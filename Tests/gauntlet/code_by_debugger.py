"""The debugger's command line executes what it reads.

since: PEP 578
must: record pdb.Pdb
"""
import io
import pdb

pdb.Pdb(stdin=io.StringIO("p 'esc' + 'aped'\nq\n"), nosigint=True).run("pass")
print("escaped")
