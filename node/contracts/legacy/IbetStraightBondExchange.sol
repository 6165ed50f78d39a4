// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LegacyExchange} from "./LegacyExchange.sol";
import {IbetStraightBond} from "./IbetStraightBond.sol";
import {PersonalInfo} from "./PersonalInfo.sol";
import {WhiteList} from "./WhiteList.sol";

contract IbetStraightBondExchange is LegacyExchange {
    address public whiteListAddress;
    address public personalInfoAddress;

    constructor(address whiteList, address personalInfo) {
        whiteListAddress = whiteList;
        personalInfoAddress = personalInfo;
    }

    function _mayTrade(
        address account,
        address token,
        address agent
    ) internal view override returns (bool) {
        return
            WhiteList(whiteListAddress).isRegistered(account, agent) &&
            PersonalInfo(personalInfoAddress).isRegistered(
                account,
                IbetStraightBond(token).owner()
            ) &&
            !IbetStraightBond(token).isRedeemed();
    }
}
