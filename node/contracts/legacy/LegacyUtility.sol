// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyToken} from "./LegacyToken.sol";
import {NOT_TRANSFERABLE, OFFERING_CLOSED} from "../common/Codes.sol";

/// What memberships and coupons of the first version share.
abstract contract LegacyUtility is LegacyToken {
    string public details;
    string public expirationDate;
    bool public transferable;
    bool public initialOfferingStatus;
    mapping(address => string) public applications;

    event ApplyFor(address indexed accountAddress);

    constructor(
        string memory details_,
        string memory expiration,
        bool transferable_
    ) {
        details = details_;
        expirationDate = expiration;
        transferable = transferable_;
    }

    function issue(uint256 value) external onlyOwner {
        totalSupply += value;
        balances[owner] += value;
    }

    function setDetails(string calldata text) external onlyOwner {
        details = text;
    }

    function setMemo(string calldata text) external onlyOwner {
        memo = text;
    }

    function setExpirationDate(string calldata date) external onlyOwner {
        expirationDate = date;
    }

    function setTransferable(bool yes) external onlyOwner {
        transferable = yes;
    }

    function setInitialOfferingStatus(bool open) external onlyOwner {
        initialOfferingStatus = open;
    }

    function applyForOffering(string calldata data) external {
        require(initialOfferingStatus, OFFERING_CLOSED);
        applications[msg.sender] = data;
        emit ApplyFor(msg.sender);
    }

    function _mayTransfer() internal view override {
        require(transferable, NOT_TRANSFERABLE);
    }
}
