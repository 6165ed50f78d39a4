// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What a contract must have to be sent tokens: the token calls it after the
/// balances have changed.
interface ContractReceiver {
    function tokenFallback(
        address from,
        uint256 value,
        bytes calldata data
    ) external;
}
