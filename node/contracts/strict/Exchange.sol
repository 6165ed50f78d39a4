// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExchangeBook} from "../common/ExchangeBook.sol";
import {Token} from "./Token.sol";
import {PaymentGateway} from "./PaymentGateway.sol";
import {isContract} from "../common/Account.sol";
import {ORDER_ZERO, ORDER_BALANCE, ORDER_AGENT, ORDER_CONTRACT, ORDER_TOKEN_STATE, ORDER_PERSONAL_INFO, ORDER_OWN, ORDER_SAME_SIDE, ORDER_AMOUNT_OVER, AGREEMENT_NOT_AGENT, NOT_TRADABLE} from "../common/Codes.sol";

/// Off-chain payment, delivery by an agent whom the network has let in. What
/// may not be is refused, with a reason, and changes nothing.
abstract contract Exchange is ExchangeBook {
    address public paymentGatewayAddress;

    event ForceCancelOrder(
        address indexed tokenAddress,
        uint256 orderId,
        address indexed accountAddress,
        bool indexed isBuy,
        uint256 price,
        uint256 amount,
        address agentAddress
    );

    constructor(address paymentGateway) {
        paymentGatewayAddress = paymentGateway;
    }

    function createOrder(
        address token,
        uint256 amount,
        uint256 price,
        bool isBuy,
        address agent
    ) external returns (bool) {
        _check(token, amount, isBuy, agent);
        _put(token, amount, price, isBuy, agent);
        return true;
    }

    function cancelOrder(uint256 orderId) external returns (bool) {
        _cancelOwn(orderId);
        return true;
    }

    /// The agent ends an order that names him.
    function forceCancelOrder(uint256 orderId) external returns (bool) {
        Order storage order = _open(orderId);

        require(order.agent == msg.sender, AGREEMENT_NOT_AGENT);
        emit ForceCancelOrder(
            order.token,
            orderId,
            order.owner,
            order.isBuy,
            order.price,
            order.amount,
            order.agent
        );
        _cancel(order);
        return true;
    }

    function executeOrder(
        uint256 orderId,
        uint256 amount,
        bool isBuy
    ) external returns (bool) {
        Order storage order = _open(orderId);

        require(order.isBuy != isBuy, ORDER_SAME_SIDE);
        require(order.owner != msg.sender, ORDER_OWN);
        require(amount <= order.amount, ORDER_AMOUNT_OVER);
        _check(order.token, amount, isBuy, order.agent);
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

    /// The quantity goes back to the order and, of an order to sell, stays
    /// promised there. Where the order has been cancelled meanwhile, and where
    /// the counterpart was the seller, it goes back to the seller's wallet.
    function cancelAgreement(
        uint256 orderId,
        uint256 agreementId
    ) external returns (bool) {
        Agreement storage agreement = agreements[orderId][agreementId];
        Order storage order = orderBook[orderId];

        _dissolve(orderId, agreementId);
        if (!order.canceled) order.amount += agreement.amount;
        if (order.canceled || order.isBuy)
            _release(
                _seller(order, agreement.counterpart),
                order.token,
                agreement.amount
            );
        return true;
    }

    /// What an order and its acceptance must both satisfy.
    function _check(
        address token,
        uint256 amount,
        bool isBuy,
        address agent
    ) private view {
        require(amount > 0, ORDER_ZERO);
        require(!isContract(msg.sender), ORDER_CONTRACT);
        require(isContract(token), NOT_TRADABLE);
        require(Token(token).tradableExchange() == address(this), NOT_TRADABLE);
        require(Token(token).status(), ORDER_TOKEN_STATE);
        require(
            PaymentGateway(paymentGatewayAddress).getAgent(agent),
            ORDER_AGENT
        );
        if (isBuy) require(Token(token).mayHold(msg.sender), ORDER_PERSONAL_INFO);
        else require(balances[msg.sender][token] >= amount, ORDER_BALANCE);
        _checkTrader(token, agent);
    }

    /// What else the sender must have to trade this kind of token.
    function _checkTrader(address token, address agent) internal view virtual;
}
