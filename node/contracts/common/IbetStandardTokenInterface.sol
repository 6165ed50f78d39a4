// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Owned} from "./Owned.sol";

/// What every token of both profiles has, and exchanges go by.
interface IbetStandardTokenInterface is Owned {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function name() external view returns (string memory);
    function symbol() external view returns (string memory);
    function decimals() external view returns (uint8);
    function totalSupply() external view returns (uint256);
    function tradableExchange() external view returns (address);
    function balanceOf(address account) external view returns (uint256);
    function setTradableExchange(address exchange) external;
    function transfer(address to, uint256 value) external returns (bool);
}
