// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {OFFERING_CLOSED} from "../common/Codes.sol";

/// What memberships and coupons share.
abstract contract Utility is Token {
    string public details;
    string public returnDetails;
    string public expirationDate; // YYYYMMDD
    bool public initialOfferingStatus;
    mapping(address => string) public applications;

    event ApplyFor(address indexed accountAddress);

    constructor(
        string memory details_,
        string memory returnDetails_,
        string memory expiration,
        string memory memo_,
        bool transferable_,
        address exchange
    ) {
        _setDetails(details_);
        _setReturnDetails(returnDetails_);
        _setExpirationDate(expiration);
        _setMemo(memo_);
        _setTransferable(transferable_);
        _setTradableExchange(exchange);
    }

    /// More of them, to the issuer.
    function issue(uint256 value) external onlyOwner {
        _create(owner, value);
    }

    function setDetails(string memory text) external onlyOwner {
        _setDetails(text);
    }

    function setReturnDetails(string memory text) external onlyOwner {
        _setReturnDetails(text);
    }

    function setExpirationDate(string memory text) external onlyOwner {
        _setExpirationDate(text);
    }

    function setInitialOfferingStatus(bool open) external onlyOwner {
        initialOfferingStatus = open;
        emit ChangeNumber("initialOfferingStatus", open ? 1 : 0);
    }

    /// The issuer serves applicants by transfer.
    function applyForOffering(string calldata data) external {
        require(initialOfferingStatus, OFFERING_CLOSED);
        _mayReceive(msg.sender);
        applications[msg.sender] = data;
        emit ApplyFor(msg.sender);
    }

    function _setDetails(string memory text) private {
        details = text;
        emit ChangeText("details", text);
    }

    function _setReturnDetails(string memory text) private {
        returnDetails = text;
        emit ChangeText("returnDetails", text);
    }

    function _setExpirationDate(string memory text) private {
        expirationDate = text;
        emit ChangeText("expirationDate", text);
    }
}
