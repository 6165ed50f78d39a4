// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {Security} from "./Security.sol";
import {ENDED} from "../common/Codes.sol";

contract IbetStraightBond is Security {
    uint256 public faceValue;
    string public faceValueCurrency; // ISO 4217
    uint256 public interestRate; // percent x 10,000
    string public interestPaymentDate; // JSON, interestPaymentDate1 to 12
    string public interestPaymentCurrency;
    string public redemptionDate; // YYYYMMDD
    uint256 public redemptionValue;
    string public redemptionValueCurrency;
    string public returnDate;
    string public returnAmount;
    string public purpose;
    string public baseFXRate; // decimal; empty: none
    bool public isRedeemed;

    event ChangeToRedeemed();

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        uint256 faceValue_,
        string memory faceValueCurrency_,
        string memory redemptionDate_,
        uint256 redemptionValue_,
        string memory redemptionValueCurrency_,
        string memory returnDate_,
        string memory returnAmount_,
        string memory purpose_
    ) Token(name_, symbol_, supply) {
        _setFaceValue(faceValue_);
        _setFaceValueCurrency(faceValueCurrency_);
        _setRedemptionDate(redemptionDate_);
        _setRedemptionValue(redemptionValue_);
        _setRedemptionValueCurrency(redemptionValueCurrency_);
        returnDate = returnDate_;
        returnAmount = returnAmount_;
        emit ChangeText("returnDate", returnDate_);
        emit ChangeText("returnAmount", returnAmount_);
        _setPurpose(purpose_);
    }

    function setFaceValue(uint256 value) external onlyOwner {
        _setFaceValue(value);
    }

    function setFaceValueCurrency(string memory text) external onlyOwner {
        _setFaceValueCurrency(text);
    }

    function setInterestRate(uint256 rate) external onlyOwner {
        interestRate = rate;
        emit ChangeNumber("interestRate", rate);
    }

    function setInterestPaymentDate(string memory text) external onlyOwner {
        interestPaymentDate = text;
        emit ChangeText("interestPaymentDate", text);
    }

    function setInterestPaymentCurrency(string memory text) external onlyOwner {
        interestPaymentCurrency = text;
        emit ChangeText("interestPaymentCurrency", text);
    }

    function setRedemptionDate(string memory text) external onlyOwner {
        _setRedemptionDate(text);
    }

    function setRedemptionValue(uint256 value) external onlyOwner {
        _setRedemptionValue(value);
    }

    function setRedemptionValueCurrency(string memory text) external onlyOwner {
        _setRedemptionValueCurrency(text);
    }

    function setPurpose(string memory text) external onlyOwner {
        _setPurpose(text);
    }

    function setBaseFXRate(string memory text) external onlyOwner {
        baseFXRate = text;
        emit ChangeText("baseFXRate", text);
    }

    /// For good: exchanges take no more orders.
    function changeToRedeemed() external onlyOwner {
        require(!isRedeemed, ENDED);
        isRedeemed = true;
        emit ChangeToRedeemed();
    }

    function _isEnded() internal view override returns (bool) {
        return isRedeemed;
    }

    function _setFaceValue(uint256 value) private {
        faceValue = value;
        emit ChangeNumber("faceValue", value);
    }

    function _setFaceValueCurrency(string memory text) private {
        faceValueCurrency = text;
        emit ChangeText("faceValueCurrency", text);
    }

    function _setRedemptionDate(string memory text) private {
        redemptionDate = text;
        emit ChangeText("redemptionDate", text);
    }

    function _setRedemptionValue(uint256 value) private {
        redemptionValue = value;
        emit ChangeNumber("redemptionValue", value);
    }

    function _setRedemptionValueCurrency(string memory text) private {
        redemptionValueCurrency = text;
        emit ChangeText("redemptionValueCurrency", text);
    }

    function _setPurpose(string memory text) private {
        purpose = text;
        emit ChangeText("purpose", text);
    }
}
