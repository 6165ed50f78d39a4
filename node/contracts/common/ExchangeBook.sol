// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IbetStandardTokenInterface} from "./IbetStandardTokenInterface.sol";
import {ContractReceiver} from "./ContractReceiver.sol";
import {ORDER_UNKNOWN, ORDER_CANCELED, ORDER_DONE, ORDER_NOT_OWNER, AGREEMENT_UNKNOWN, AGREEMENT_PAID, AGREEMENT_CANCELED, AGREEMENT_NOT_AGENT, AGREEMENT_NOT_PARTY, WITHDRAW_ZERO} from "./Codes.sol";

/// What an exchange keeps: orders, their agreements, and the tokens of each
/// account here, free (balances) or promised (commitments). Ids count from 0.
///
/// The money goes outside of the chain: an order's agent confirms that it was
/// paid, and with that the tokens move. Whatever calls a token does so last:
/// a token is anybody's code.
abstract contract ExchangeBook is ContractReceiver {
    struct Order {
        address owner;
        address token;
        uint256 amount; // what remains
        uint256 price;
        bool isBuy;
        address agent;
        bool canceled;
    }

    struct Agreement {
        address counterpart;
        uint256 amount;
        uint256 price;
        bool canceled;
        bool paid;
        uint256 expiry; // Unix time; from then on the parties may cancel, too
    }

    uint256 internal constant LOCKING_PERIOD = 14 days;

    mapping(uint256 => Order) public orderBook;
    mapping(uint256 => mapping(uint256 => Agreement)) public agreements;
    mapping(address => mapping(address => uint256)) public balances;
    mapping(address => mapping(address => uint256)) public commitments;
    mapping(address => uint256) public lastPrice;
    mapping(uint256 => uint256) public latestAgreementIds; // the next one
    uint256 public latestOrderId; // the next one

    event NewOrder(
        address indexed tokenAddress,
        uint256 orderId,
        address indexed accountAddress,
        bool indexed isBuy,
        uint256 price,
        uint256 amount,
        address agentAddress
    );
    event CancelOrder(
        address indexed tokenAddress,
        uint256 orderId,
        address indexed accountAddress,
        bool indexed isBuy,
        uint256 price,
        uint256 amount,
        address agentAddress
    );
    event Agree(
        address indexed tokenAddress,
        uint256 orderId,
        uint256 agreementId,
        address indexed buyAddress,
        address indexed sellAddress,
        uint256 price,
        uint256 amount,
        address agentAddress
    );
    event SettlementOK(
        address indexed tokenAddress,
        uint256 orderId,
        uint256 agreementId,
        address indexed buyAddress,
        address indexed sellAddress,
        uint256 price,
        uint256 amount,
        address agentAddress
    );
    event SettlementNG(
        address indexed tokenAddress,
        uint256 orderId,
        uint256 agreementId,
        address indexed buyAddress,
        address indexed sellAddress,
        uint256 price,
        uint256 amount,
        address agentAddress
    );
    event Withdrawal(
        address indexed tokenAddress,
        address indexed accountAddress
    );
    event Transfer(
        address indexed tokenAddress,
        address indexed from,
        address indexed to,
        uint256 value
    );

    /// Any contract may say that it was sent tokens: it speaks for its own
    /// kind alone.
    function tokenFallback(
        address from,
        uint256 value,
        bytes calldata
    ) external override {
        balances[from][msg.sender] += value;
    }

    /// All free tokens of one kind go back to the wallet.
    function withdrawAll(address token) external returns (bool) {
        require(balances[msg.sender][token] > 0, WITHDRAW_ZERO);
        emit Withdrawal(token, msg.sender);
        _returnAll(token);
        return true;
    }

    // --- the book ---

    function _order(uint256 id) internal view returns (Order storage) {
        require(id < latestOrderId, ORDER_UNKNOWN);
        return orderBook[id];
    }

    /// An order that still has something to trade, and not by its owner's
    /// will that it ends.
    function _open(uint256 id) internal view returns (Order storage order) {
        order = _order(id);
        require(!order.canceled, ORDER_CANCELED);
        require(order.amount > 0, ORDER_DONE);
    }

    function _pending(
        uint256 orderId,
        uint256 agreementId
    ) internal view returns (Agreement storage agreement) {
        _order(orderId);
        require(
            agreementId < latestAgreementIds[orderId],
            AGREEMENT_UNKNOWN
        );
        agreement = agreements[orderId][agreementId];
        require(!agreement.paid, AGREEMENT_PAID);
        require(!agreement.canceled, AGREEMENT_CANCELED);
    }

    function _put(
        address token,
        uint256 amount,
        uint256 price,
        bool isBuy,
        address agent
    ) internal {
        uint256 id = latestOrderId++;

        orderBook[id] = Order(
            msg.sender,
            token,
            amount,
            price,
            isBuy,
            agent,
            false
        );
        if (!isBuy) _commit(token, amount);
        emit NewOrder(token, id, msg.sender, isBuy, price, amount, agent);
    }

    /// Ends an order; what it had promised to sell goes back to the wallet.
    function _cancel(Order storage order) internal {
        order.canceled = true;
        if (!order.isBuy) _release(order.owner, order.token, order.amount);
    }

    function _cancelOwn(uint256 id) internal {
        Order storage order = _open(id);

        require(order.owner == msg.sender, ORDER_NOT_OWNER);
        emit CancelOrder(
            order.token,
            id,
            msg.sender,
            order.isBuy,
            order.price,
            order.amount,
            order.agent
        );
        _cancel(order);
    }

    function _agree(
        uint256 orderId,
        Order storage order,
        uint256 amount
    ) internal {
        uint256 id = latestAgreementIds[orderId]++;

        agreements[orderId][id] = Agreement(
            msg.sender,
            amount,
            order.price,
            false,
            false,
            block.timestamp + LOCKING_PERIOD
        );
        order.amount -= amount;
        if (order.isBuy) _commit(order.token, amount);
        lastPrice[order.token] = order.price;
        emit Agree(
            order.token,
            orderId,
            id,
            _buyer(order, msg.sender),
            _seller(order, msg.sender),
            order.price,
            amount,
            order.agent
        );
    }

    function _settle(uint256 orderId, uint256 agreementId) internal {
        Agreement storage agreement = _pending(orderId, agreementId);
        Order storage order = orderBook[orderId];

        require(order.agent == msg.sender, AGREEMENT_NOT_AGENT);

        address buyer = _buyer(order, agreement.counterpart);
        address seller = _seller(order, agreement.counterpart);

        agreement.paid = true;
        commitments[seller][order.token] -= agreement.amount;
        emit SettlementOK(
            order.token,
            orderId,
            agreementId,
            buyer,
            seller,
            agreement.price,
            agreement.amount,
            order.agent
        );
        _send(order.token, buyer, agreement.amount);
    }

    /// The agent may at any time; the parties, once he has let it expire.
    function _dissolve(uint256 orderId, uint256 agreementId) internal {
        Agreement storage agreement = _pending(orderId, agreementId);
        Order storage order = orderBook[orderId];

        require(
            msg.sender == order.agent ||
                (block.timestamp >= agreement.expiry &&
                    (msg.sender == order.owner ||
                        msg.sender == agreement.counterpart)),
            AGREEMENT_NOT_PARTY
        );
        agreement.canceled = true;
        emit SettlementNG(
            order.token,
            orderId,
            agreementId,
            _buyer(order, agreement.counterpart),
            _seller(order, agreement.counterpart),
            agreement.price,
            agreement.amount,
            order.agent
        );
    }

    function _buyer(
        Order storage order,
        address counterpart
    ) internal view returns (address) {
        return order.isBuy ? order.owner : counterpart;
    }

    function _seller(
        Order storage order,
        address counterpart
    ) internal view returns (address) {
        return order.isBuy ? counterpart : order.owner;
    }

    // --- tokens ---

    function _commit(address token, uint256 amount) private {
        balances[msg.sender][token] -= amount;
        commitments[msg.sender][token] += amount;
    }

    /// What was promised goes back to the wallet it came from.
    function _release(address account, address token, uint256 amount) internal {
        commitments[account][token] -= amount;
        _send(token, account, amount);
    }

    function _returnAll(address token) internal {
        uint256 amount = balances[msg.sender][token];

        balances[msg.sender][token] = 0;
        _send(token, msg.sender, amount);
    }

    function _send(address token, address to, uint256 amount) internal {
        IbetStandardTokenInterface(token).transfer(to, amount);
    }
}
