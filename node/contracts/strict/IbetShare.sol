// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {Security} from "./Security.sol";
import {ENDED} from "../common/Codes.sol";

contract IbetShare is Security {
    uint256 public issuePrice;
    uint256 public principalValue;
    uint256 public dividends; // yen x 10^13 a share
    string public dividendRecordDate; // YYYYMMDD
    string public dividendPaymentDate;
    string public cancellationDate;
    bool public isCanceled;

    event ChangeToCanceled();

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 issuePrice_,
        uint256 supply,
        uint256 dividends_,
        string memory dividendRecordDate_,
        string memory dividendPaymentDate_,
        string memory cancellationDate_,
        uint256 principalValue_
    ) Token(name_, symbol_, supply) {
        issuePrice = issuePrice_;
        emit ChangeNumber("issuePrice", issuePrice_);
        _setDividends(dividends_, dividendRecordDate_, dividendPaymentDate_);
        _setCancellationDate(cancellationDate_);
        _setPrincipalValue(principalValue_);
    }

    function dividendInformation()
        external
        view
        returns (uint256, string memory, string memory)
    {
        return (dividends, dividendRecordDate, dividendPaymentDate);
    }

    function setDividendInformation(
        uint256 amount,
        string memory recordDate,
        string memory paymentDate
    ) external onlyOwner {
        _setDividends(amount, recordDate, paymentDate);
    }

    function setCancellationDate(string memory text) external onlyOwner {
        _setCancellationDate(text);
    }

    function setPrincipalValue(uint256 value) external onlyOwner {
        _setPrincipalValue(value);
    }

    /// For good: exchanges take no more orders.
    function changeToCanceled() external onlyOwner {
        require(!isCanceled, ENDED);
        isCanceled = true;
        emit ChangeToCanceled();
    }

    function _isEnded() internal view override returns (bool) {
        return isCanceled;
    }

    function _setDividends(
        uint256 amount,
        string memory recordDate,
        string memory paymentDate
    ) private {
        dividends = amount;
        dividendRecordDate = recordDate;
        dividendPaymentDate = paymentDate;
        emit ChangeNumber("dividends", amount);
        emit ChangeText("dividendRecordDate", recordDate);
        emit ChangeText("dividendPaymentDate", paymentDate);
    }

    function _setCancellationDate(string memory text) private {
        cancellationDate = text;
        emit ChangeText("cancellationDate", text);
    }

    function _setPrincipalValue(uint256 value) private {
        principalValue = value;
        emit ChangeNumber("principalValue", value);
    }
}
