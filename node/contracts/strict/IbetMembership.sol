// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {Utility} from "./Utility.sol";

contract IbetMembership is Utility {
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
        Token(name_, symbol_, supply)
        Utility(
            details_,
            returnDetails_,
            expiration,
            memo_,
            transferable_,
            exchange
        )
    {}
}
