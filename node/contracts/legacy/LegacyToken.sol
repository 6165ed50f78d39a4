// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Images} from "../common/Images.sol";
import {IbetStandardTokenInterface} from "../common/IbetStandardTokenInterface.sol";
import {ContractReceiver} from "../common/ContractReceiver.sol";
import {isContract} from "../common/Account.sol";
import {BALANCE_SHORT, TO_CONTRACT} from "../common/Codes.sol";

/// The tokens of the first version. Transfer tells only of what an account
/// without code was sent by transfer: what goes into a contract and what the
/// issuer moves by force can be seen in balances alone.
abstract contract LegacyToken is Images, IbetStandardTokenInterface {
    string public override name;
    string public override symbol;
    uint8 public constant override decimals = 0;
    uint256 public override totalSupply;
    address public override tradableExchange;
    mapping(address => uint256) public balances;
    string public memo;

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        address exchange,
        string memory memo_
    ) {
        name = name_;
        symbol = symbol_;
        totalSupply = supply;
        tradableExchange = exchange;
        memo = memo_;
        balances[msg.sender] = supply;
    }

    function balanceOf(
        address account
    ) external view override returns (uint256) {
        return balances[account];
    }

    function setTradableExchange(
        address exchange
    ) external override onlyOwner {
        tradableExchange = exchange;
    }

    function transfer(
        address to,
        uint256 value
    ) external override returns (bool) {
        _mayTransfer();
        _send(to, value);
        return true;
    }

    /// The issuer moves tokens of anybody to anybody.
    function transferFrom(
        address from,
        address to,
        uint256 value
    ) external onlyOwner returns (bool) {
        _move(from, to, value);
        if (isContract(to)) ContractReceiver(to).tokenFallback(from, value, "");
        return true;
    }

    function _mayTransfer() internal view virtual {}

    function _send(address to, uint256 value) internal {
        if (isContract(to)) {
            require(to == tradableExchange, TO_CONTRACT);
            _move(msg.sender, to, value);
            ContractReceiver(to).tokenFallback(msg.sender, value, "");
        } else {
            _move(msg.sender, to, value);
            emit Transfer(msg.sender, to, value);
        }
    }

    function _move(address from, address to, uint256 value) private {
        require(balances[from] >= value, BALANCE_SHORT);
        balances[from] -= value;
        balances[to] += value;
    }
}
