// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyToken} from "./LegacyToken.sol";
import {LegacyUtility} from "./LegacyUtility.sol";
import {SUSPENDED, BALANCE_SHORT} from "../common/Codes.sol";

contract IbetCoupon is LegacyUtility {
    bool public isValid = true;
    mapping(address => uint256) public useds;

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
        string memory memo_,
        string memory expiration,
        bool transferable_
    )
        LegacyToken(name_, symbol_, supply, exchange, memo_)
        LegacyUtility(details_, expiration, transferable_)
    {}

    /// The issuer hands out coupons that holders may not pass on.
    function allocate(address to, uint256 value) external onlyOwner {
        _send(to, value);
    }

    function consume(uint256 value) external {
        require(isValid, SUSPENDED);
        require(balances[msg.sender] >= value, BALANCE_SHORT);
        balances[msg.sender] -= value;
        useds[msg.sender] += value;
        emit Consume(
            msg.sender,
            balances[msg.sender],
            useds[msg.sender],
            value
        );
    }

    function usedOf(address account) external view returns (uint256) {
        return useds[account];
    }

    function setStatus(bool yes) external onlyOwner {
        isValid = yes;
    }
}
