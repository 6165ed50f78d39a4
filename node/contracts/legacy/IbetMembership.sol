// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyToken} from "./LegacyToken.sol";
import {LegacyUtility} from "./LegacyUtility.sol";

contract IbetMembership is LegacyUtility {
    string public returnDetails;
    bool public status = true;

    event ChangeStatus(bool indexed status);

    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        address exchange,
        string memory details_,
        string memory returnDetails_,
        string memory expiration,
        string memory memo_,
        bool transferable_
    )
        LegacyToken(name_, symbol_, supply, exchange, memo_)
        LegacyUtility(details_, expiration, transferable_)
    {
        returnDetails = returnDetails_;
    }

    function setReturnDetails(string calldata text) external onlyOwner {
        returnDetails = text;
    }

    function setStatus(bool yes) external onlyOwner {
        status = yes;
        emit ChangeStatus(yes);
    }
}
