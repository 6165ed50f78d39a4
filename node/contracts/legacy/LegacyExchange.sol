// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExchangeBook} from "../common/ExchangeBook.sol";
import {ORDER_ZERO, ORDER_ACCOUNT, ORDER_SAME_SIDE} from "../common/Codes.sol";

/// The exchange of the first version. Who may not sell is not told so: the
/// call succeeds, answers false, and all his free tokens go back to his
/// wallet. Who may not buy is refused.
abstract contract LegacyExchange is ExchangeBook {
    /// Whether an account may trade a token through an agent.
    function _mayTrade(
        address account,
        address token,
        address agent
    ) internal view virtual returns (bool);

    function createOrder(
        address token,
        uint256 amount,
        uint256 price,
        bool isBuy,
        address agent
    ) external returns (bool) {
        if (isBuy) {
            require(amount > 0, ORDER_ZERO);
            require(_mayTrade(msg.sender, token, agent), ORDER_ACCOUNT);
        } else if (!_maySell(token, amount, agent)) {
            _returnAll(token);
            return false;
        }
        _put(token, amount, price, isBuy, agent);
        return true;
    }

    function cancelOrder(uint256 orderId) external returns (bool) {
        _cancelOwn(orderId);
        return true;
    }

    function executeOrder(
        uint256 orderId,
        uint256 amount,
        bool isBuy
    ) external returns (bool) {
        Order storage order = _order(orderId);

        if (isBuy) {
            require(_isOpposite(order, amount, true), ORDER_SAME_SIDE);
            require(
                _mayTrade(msg.sender, order.token, order.agent),
                ORDER_ACCOUNT
            );
        } else if (
            !_isOpposite(order, amount, false) ||
            !_maySell(order.token, amount, order.agent)
        ) {
            _returnAll(order.token);
            return false;
        }
        _agree(orderId, order, amount);
        return true;
    }

    function confirmAgreement(
        uint256 orderId,
        uint256 agreementId
    ) external returns (bool) {
        _settle(orderId, agreementId);
        return true;
    }

    /// What was to be sold goes back to the seller's wallet, not to the order.
    function cancelAgreement(
        uint256 orderId,
        uint256 agreementId
    ) external returns (bool) {
        Agreement storage agreement = agreements[orderId][agreementId];
        Order storage order = orderBook[orderId];

        _dissolve(orderId, agreementId);
        _release(
            _seller(order, agreement.counterpart),
            order.token,
            agreement.amount
        );
        return true;
    }

    /// Tokens go to another wallet from here.
    function transfer(
        address token,
        address to,
        uint256 value
    ) external returns (bool) {
        if (value == 0 || balances[msg.sender][token] < value) {
            _returnAll(token);
            return false;
        }
        balances[msg.sender][token] -= value;
        emit Transfer(token, msg.sender, to, value);
        _send(token, to, value);
        return true;
    }

    function _maySell(
        address token,
        uint256 amount,
        address agent
    ) private view returns (bool) {
        return
            amount > 0 &&
            balances[msg.sender][token] >= amount &&
            _mayTrade(msg.sender, token, agent);
    }

    function _isOpposite(
        Order storage order,
        uint256 amount,
        bool isBuy
    ) private view returns (bool) {
        return
            amount > 0 &&
            order.isBuy != isBuy &&
            order.owner != msg.sender &&
            !order.canceled &&
            amount <= order.amount;
    }
}
