// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyToken} from "./LegacyToken.sol";
import {REQUEST_UNKNOWN} from "../common/Codes.sol";

contract IbetStraightBond is LegacyToken {
    uint8 private constant REQUESTED = 1;
    uint8 private constant SIGNED = 2;

    uint256 public faceValue; // yen
    uint256 public interestRate; // percent x 1000
    string public interestPaymentDate; // JSON, interestPaymentDate1 to 12
    string public redemptionDate; // YYYYMMDD
    uint256 public redemptionAmount;
    string public returnDate;
    string public returnAmount;
    string public purpose;
    bool public isRedeemed;
    mapping(address => uint8) public signatures; // 0 none, REQUESTED, SIGNED

    event Redeem();
    event Sign(address indexed signer);
    event Unsign(address indexed signer);

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        address exchange,
        uint256 faceValue_,
        uint256 interestRate_,
        string memory interestPaymentDate_,
        string memory redemptionDate_,
        uint256 redemptionAmount_,
        string memory returnDate_,
        string memory returnAmount_,
        string memory purpose_,
        string memory memo_
    ) LegacyToken(name_, symbol_, supply, exchange, memo_) {
        faceValue = faceValue_;
        interestRate = interestRate_;
        interestPaymentDate = interestPaymentDate_;
        redemptionDate = redemptionDate_;
        redemptionAmount = redemptionAmount_;
        returnDate = returnDate_;
        returnAmount = returnAmount_;
        purpose = purpose_;
    }

    function updateMemo(string calldata text) external onlyOwner {
        memo = text;
    }

    function redeem() external onlyOwner {
        isRedeemed = true;
        emit Redeem();
    }

    function requestSignature(address signer) external returns (bool) {
        signatures[signer] = REQUESTED;
        return true;
    }

    function sign() external returns (bool) {
        require(signatures[msg.sender] == REQUESTED, REQUEST_UNKNOWN);
        signatures[msg.sender] = SIGNED;
        emit Sign(msg.sender);
        return true;
    }

    function unsign() external returns (bool) {
        require(signatures[msg.sender] == SIGNED, REQUEST_UNKNOWN);
        signatures[msg.sender] = 0;
        emit Unsign(msg.sender);
        return true;
    }
}
