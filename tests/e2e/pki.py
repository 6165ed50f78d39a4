# SPDX-License-Identifier: Apache-2.0
"""Authorities for tests: root, intermediate, certificates of servers and
clients in any state, revocation lists. All by the openssl program."""
import os
import subprocess
import time

LEAF = """basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
CONF = """
[ca]
default_ca = own
[own]
database = {dir}/index
new_certs_dir = {dir}
serial = {dir}/serial
crlnumber = {dir}/crlnumber
certificate = {dir}/cert.pem
private_key = {dir}/key.pem
default_md = sha256
policy = any
unique_subject = no
default_days = 30
default_crl_days = 30
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
crlDistributionPoints = URI:http://crl.test.invalid/servers.crl
""" + LEAF + """[client]
extendedKeyUsage = clientAuth
""" + LEAF

KEYS = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"],
        "p521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "rsa1024": ["-newkey", "rsa:1024"]}


def openssl(*args):
    r = subprocess.run(["openssl", *args], capture_output=True, text=True)
    if r.returncode != 0:
        raise AssertionError("openssl %s\n%s" % (" ".join(args), r.stderr))
    return r.stdout


def read(path):
    with open(path) as f:
        return f.read()


def stamp(days):
    """That many days from now, as openssl ca wants it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


class Cert:
    """cert and key are files, pem the certificate alone, chain with those of
    its authorities but the root."""

    def __init__(self, cert, key, above):
        self.cert, self.key = cert, key
        self.pem = read(cert)
        self.chain = self.pem + above
        with open(cert + ".chain", "w") as f:
            f.write(self.chain)
        self.chain_file = cert + ".chain"

    def sha256(self):
        return openssl("x509", "-in", self.cert, "-noout", "-fingerprint", "-sha256").split("=")[1].strip().replace(":", "").lower()


class Authority:
    def __init__(self, folder, name, parent=None):
        self.dir = os.path.join(folder, name)
        os.makedirs(self.dir)
        for file, text in (("index", ""), ("serial", "1000\n"), ("crlnumber", "01\n"),
                           ("conf", CONF.format(dir=self.dir))):
            with open(os.path.join(self.dir, file), "w") as f:
                f.write(text)
        self.count = 0
        cert, key = self.dir + "/cert.pem", self.dir + "/key.pem"
        if parent is None:
            openssl("req", "-x509", "-config", self.dir + "/conf", "-extensions", "root", *KEYS["ec"], "-nodes",
                    "-days", "400", "-subj", "/CN=" + name, "-keyout", key, "-out", cert)
            self.above = ""
        else:
            parent.sign(name, "authority", key, cert, "ec", -1, 400)
            self.above = read(cert) + parent.above
        self.pem = read(cert)

    def sign(self, name, what, key, cert, kind, begin, end):
        openssl("req", "-new", "-config", self.dir + "/conf", *KEYS[kind], "-nodes", "-utf8", "-subj", "/CN=" + name,
                "-keyout", key, "-out", cert + ".req")
        openssl("ca", "-batch", "-notext", "-config", self.dir + "/conf", "-extensions", what, "-in", cert + ".req",
                "-out", cert, "-startdate", stamp(begin), "-enddate", stamp(end))

    def issue(self, name, what="client", kind="ec", begin=-1, end=89):
        self.count += 1
        base = "%s/%d" % (self.dir, self.count)
        self.sign(name, what, base + ".key", base + ".cert", kind, begin, end)
        return Cert(base + ".cert", base + ".key", self.above)

    def revoke(self, cert):
        """Of a Cert, or of an authority below."""
        file = cert.cert if isinstance(cert, Cert) else cert.dir + "/cert.pem"
        openssl("ca", "-config", self.dir + "/conf", "-revoke", file)

    def crl(self, begin=-1, end=20):
        return openssl("ca", "-config", self.dir + "/conf", "-gencrl", "-crl_lastupdate", stamp(begin),
                       "-crl_nextupdate", stamp(end))
