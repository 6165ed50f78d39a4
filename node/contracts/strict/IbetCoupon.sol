// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {Utility} from "./Utility.sol";
import {SUSPENDED} from "../common/Codes.sol";

contract IbetCoupon is Utility {
    mapping(address => uint256) public usedOf;

    event Consume(
        address indexed consumer,
        uint256 balance,
        uint256 used,
        uint256 value
    );

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        address exchange,
        string memory details_,
        string memory returnDetails_,
        string memory memo_,
        string memory expiration,
        bool transferable_
    )
        Token(name_, symbol_, supply)
        Utility(
            details_,
            returnDetails_,
            expiration,
            memo_,
            transferable_,
            exchange
        )
    {}

    /// What is used is no longer anybody's; the supply tells of what was
    /// issued and stays.
    function consume(uint256 value) external {
        require(status, SUSPENDED);
        _take(msg.sender, value);
        usedOf[msg.sender] += value;
        emit Consume(msg.sender, balances[msg.sender], usedOf[msg.sender], value);
    }
}
