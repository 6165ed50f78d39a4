// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Images} from "../common/Images.sol";
import {IbetStandardTokenInterface} from "../common/IbetStandardTokenInterface.sol";
import {ContractReceiver} from "../common/ContractReceiver.sol";
import {PersonalInfo} from "./PersonalInfo.sol";
import {isContract} from "../common/Account.sol";
import {ZERO_ADDRESS, BALANCE_SHORT, TO_CONTRACT, FROM_CONTRACT, NOT_TRANSFERABLE, NOT_REGISTERED, SUSPENDED, LENGTHS_DIFFER, BULK_EMPTY} from "../common/Codes.sol";

/// What all tokens of the strict profile share.
///
/// Events tell everything: Transfer, each time that tokens become another
/// account's (from zero: issued, to zero: gone); ChangeText and ChangeNumber,
/// each time that an attribute gets a value, the first included, under the
/// name of its getter. So who has read all events knows the whole state.
abstract contract Token is Images, IbetStandardTokenInterface {
    string public override name;
    string public override symbol;
    uint8 public constant override decimals = 0;
    uint256 public override totalSupply;
    address public override tradableExchange;
    mapping(address => uint256) internal balances;
    string public contactInformation;
    string public privacyPolicy;
    string public memo;
    bool public status; // false: suspended
    bool public transferable;
    address public personalInfoAddress;
    bool public requirePersonalInfoRegistered;
    // What was once the exchange may always give back what it holds.
    mapping(address => bool) private exchanges;

    event ChangeText(bytes32 indexed attribute, string text);
    event ChangeNumber(bytes32 indexed attribute, uint256 number);
    event ChangeStatus(bool indexed status);

    constructor(string memory name_, string memory symbol_, uint256 supply) {
        name = name_;
        symbol = symbol_;
        emit ChangeText("name", name_);
        emit ChangeText("symbol", symbol_);
        _setStatus(true);
        _create(msg.sender, supply);
    }

    // --- attributes ---

    function setTradableExchange(
        address exchange
    ) external override onlyOwner {
        _setTradableExchange(exchange);
    }

    function setContactInformation(string calldata text) external onlyOwner {
        contactInformation = text;
        emit ChangeText("contactInformation", text);
    }

    function setPrivacyPolicy(string calldata text) external onlyOwner {
        privacyPolicy = text;
        emit ChangeText("privacyPolicy", text);
    }

    function setMemo(string memory text) external onlyOwner {
        _setMemo(text);
    }

    function setStatus(bool yes) external onlyOwner {
        _setStatus(yes);
    }

    function setTransferable(bool yes) external onlyOwner {
        _setTransferable(yes);
    }

    function setPersonalInfoAddress(address info) external onlyOwner {
        personalInfoAddress = info;
        emit ChangeNumber("personalInfoAddress", uint160(info));
    }

    function setRequirePersonalInfoRegistered(bool yes) external onlyOwner {
        requirePersonalInfoRegistered = yes;
        emit ChangeNumber("requirePersonalInfoRegistered", yes ? 1 : 0);
    }

    // --- transfers ---

    /// What the account can move by itself: not what is locked or waits for
    /// approval, nor what lies at an exchange.
    function balanceOf(
        address account
    ) external view override returns (uint256) {
        return balances[account];
    }

    function transfer(
        address to,
        uint256 value
    ) external override returns (bool) {
        _transfer(to, value);
        return true;
    }

    function bulkTransfer(
        address[] calldata tos,
        uint256[] calldata values
    ) external returns (bool) {
        require(tos.length == values.length, LENGTHS_DIFFER);
        require(tos.length > 0, BULK_EMPTY);
        for (uint256 i = 0; i < tos.length; i++) _transfer(tos[i], values[i]);
        return true;
    }

    /// The issuer moves tokens of one holder to another, in one step.
    function transferFrom(
        address from,
        address to,
        uint256 value
    ) external onlyOwner returns (bool) {
        _force(from, to, value);
        return true;
    }

    function bulkTransferFrom(
        address[] calldata froms,
        address[] calldata tos,
        uint256[] calldata values
    ) external onlyOwner returns (bool) {
        require(
            froms.length == tos.length && tos.length == values.length,
            LENGTHS_DIFFER
        );
        require(tos.length > 0, BULK_EMPTY);
        for (uint256 i = 0; i < tos.length; i++)
            _force(froms[i], tos[i], values[i]);
        return true;
    }

    /// Whether an account may hold this token, as far as the issuer wants to
    /// know his holders.
    function mayHold(address account) public view returns (bool) {
        return
            !requirePersonalInfoRegistered ||
            account == owner ||
            exchanges[account] ||
            PersonalInfo(personalInfoAddress).isRegistered(account, owner);
    }

    function _transfer(address to, uint256 value) private {
        if (msg.sender != owner && !exchanges[msg.sender]) {
            _mayMove();
            _mayTransfer();
        }
        // The exchange has asked before the order; it must be able to give
        // back at any time.
        if (!exchanges[msg.sender]) require(mayHold(to), NOT_REGISTERED);
        if (isContract(to)) {
            require(to == tradableExchange, TO_CONTRACT);
            _move(msg.sender, to, value);
            ContractReceiver(to).tokenFallback(msg.sender, value, "");
        } else {
            _move(msg.sender, to, value);
        }
    }

    function _force(address from, address to, uint256 value) private {
        _mayLose(from);
        _mayReceive(to);
        _move(from, to, value);
    }

    /// What every move by a holder himself needs.
    function _mayMove() internal view {
        require(status, SUSPENDED);
        require(transferable, NOT_TRANSFERABLE);
    }

    /// What else his transfer without anybody's approval needs.
    function _mayTransfer() internal view virtual {}

    /// Whom tokens may be given by something other than transfer.
    function _mayReceive(address to) internal view {
        require(to != address(0), ZERO_ADDRESS);
        require(!isContract(to), TO_CONTRACT);
        require(mayHold(to), NOT_REGISTERED);
    }

    /// Whose tokens the issuer may take: what an exchange holds is in its
    /// books under others' names.
    function _mayLose(address from) internal view {
        require(!isContract(from), FROM_CONTRACT);
    }

    function _move(address from, address to, uint256 value) internal {
        require(to != address(0), ZERO_ADDRESS);
        _take(from, value);
        balances[to] += value;
        emit Transfer(from, to, value);
    }

    function _take(address from, uint256 value) internal {
        require(balances[from] >= value, BALANCE_SHORT);
        balances[from] -= value;
    }

    function _create(address to, uint256 value) internal {
        totalSupply += value;
        balances[to] += value;
        emit Transfer(address(0), to, value);
    }

    function _setStatus(bool yes) private {
        status = yes;
        emit ChangeStatus(yes);
    }

    function _setTradableExchange(address exchange) internal {
        tradableExchange = exchange;
        exchanges[exchange] = true;
        emit ChangeNumber("tradableExchange", uint160(exchange));
    }

    function _setMemo(string memory text) internal {
        memo = text;
        emit ChangeText("memo", text);
    }

    function _setTransferable(bool yes) internal {
        transferable = yes;
        emit ChangeNumber("transferable", yes ? 1 : 0);
    }
}
