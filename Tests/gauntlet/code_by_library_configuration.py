"""The environment makes OpenSSL load native code of the program's choice.

since: OpenSSL 1.1; the change of the environment is what can be seen
must: record os.putenv OPENSSL_CONF
"""
import os

os.environ["OPENSSL_CONF"] = os.path.abspath("openssl.cnf")
import ssl  # noqa: E402, F401

print("escaped")
