// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// isContract tells whether code other than a delegation stands at an address.
// An account that has delegated (EIP-7702) is still somebody's wallet, though
// its code is 23 bytes that begin with 0xef0100.
function isContract(address account) view returns (bool) {
    bytes memory code;

    if (account.code.length != 23) return account.code.length != 0;
    code = account.code;
    return code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00;
}
