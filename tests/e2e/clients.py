# SPDX-License-Identifier: Apache-2.0
"""Real clients for the cases: ethers and cast from npm, with their own Node."""
import json
import os
import subprocess
from urllib.parse import quote

from case import same
from stack import ROOT

NPM = os.path.join(ROOT, "build/npm")
NODE = NPM + "/node_modules/.bin/node"


def ethers(stack, url, auth=None):
    key = stack.credentials["accounts"][0]["privateKey"]
    env = dict(os.environ, URL=url, KEY=key, NPM=NPM, AUTH=auth or "",
               NODE_EXTRA_CA_CERTS=stack.home + "/tls/cert.pem")
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/ethers.mjs")], env=env, text=True,
                       capture_output=True, timeout=300)
    if r.returncode != 0:
        raise AssertionError(r.stdout[-3000:] + r.stderr[-2000:])


def subscribing(stack, client):
    """ethers, viem or web3 over wss, as a wallet's user."""
    c = stack.credentials["rpc"]
    url = "wss://%s:%s@localhost:%d/rpc" % (quote(c["user"]), quote(c["password"]), stack.port)
    env = dict(os.environ, URL=url, KEY=stack.credentials["accounts"][2]["privateKey"], NPM=NPM, CLIENT=client,
               NODE_EXTRA_CA_CERTS=stack.home + "/tls/cert.pem")
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/websocket.mjs")], env=env, text=True,
                       capture_output=True, timeout=300)
    if r.returncode != 0:
        raise AssertionError(r.stdout[-3000:] + r.stderr[-2000:])


def cast(stack, *args):
    r = subprocess.run([NPM + "/node_modules/.bin/cast", *args], text=True, capture_output=True, timeout=60)
    if r.returncode != 0:
        raise AssertionError("cast %s: %s" % (" ".join(args), r.stderr))
    return r.stdout.strip()


def sign(s, account, **tx):
    """A raw transaction by ethers, with the account's next nonce."""
    script = ("const {ethers}=require('ethers');"
              "(async()=>{const t=JSON.parse(process.env.TX);const w=new ethers.Wallet(process.env.KEY);"
              "console.log(await w.signTransaction(t))})()")
    tx = dict({"chainId": 31337, "gasLimit": 21000, "type": 0, "gasPrice": 0}, **tx)
    r = subprocess.run([NODE, "-e", script], text=True, capture_output=True, timeout=60, cwd=NPM,
                       env=dict(os.environ, TX=json.dumps(tx), KEY=account["privateKey"]))
    same(r.returncode, 0, r.stderr)
    return r.stdout.strip()


def next_nonce(s, account):
    return int(s.rpc("eth_getTransactionCount", account["address"], "pending"), 16)
