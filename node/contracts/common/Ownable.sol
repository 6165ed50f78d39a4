// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Owned} from "./Owned.sol";
import {NOT_OWNER, ZERO_OWNER} from "./Codes.sol";

/// Who deployed a contract owns it until handing it over.
abstract contract Ownable is Owned {
    address public override owner;

    event OwnershipTransferred(
        address indexed previousOwner,
        address indexed newOwner
    );

    constructor() {
        owner = msg.sender;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, NOT_OWNER);
        _;
    }

    function transferOwnership(address newOwner) external onlyOwner {
        require(newOwner != address(0), ZERO_OWNER);
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}
