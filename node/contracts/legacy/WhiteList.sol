// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PaymentAccounts} from "../common/PaymentAccounts.sol";

/// Anybody may be an agent here; wallets show the configured one's orders.
contract WhiteList is PaymentAccounts {
    function _mustBeAgent(address) internal pure override {}
}
