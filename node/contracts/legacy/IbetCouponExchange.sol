// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyExchange} from "./LegacyExchange.sol";
import {IbetCoupon} from "./IbetCoupon.sol";

contract IbetCouponExchange is LegacyExchange {
    function _mayTrade(
        address,
        address token,
        address
    ) internal view override returns (bool) {
        return IbetCoupon(token).isValid();
    }
}
