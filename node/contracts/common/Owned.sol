// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface Owned {
    function owner() external view returns (address);
}
