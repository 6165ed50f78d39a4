// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "./Exchange.sol";
import {Security} from "./Security.sol";
import {PaymentGateway} from "./PaymentGateway.sol";
import {PersonalInfo} from "./PersonalInfo.sol";
import {ORDER_ACCOUNT, ORDER_TOKEN_STATE, ORDER_PERSONAL_INFO} from "../common/Codes.sol";

/// For bonds and shares: the agent must have approved a trader's bank account,
/// and the issuer must know him. A token may name its own registry of holders.
contract SecurityExchange is Exchange {
    address public personalInfoAddress;

    constructor(
        address paymentGateway,
        address personalInfo
    ) Exchange(paymentGateway) {
        personalInfoAddress = personalInfo;
    }

    function _checkTrader(
        address token,
        address agent
    ) internal view override {
        address registry = Security(token).personalInfoAddress();

        require(!Security(token).isEnded(), ORDER_TOKEN_STATE);
        require(
            PaymentGateway(paymentGatewayAddress).accountApproved(
                msg.sender,
                agent
            ),
            ORDER_ACCOUNT
        );
        if (registry == address(0)) registry = personalInfoAddress;
        require(
            PersonalInfo(registry).isRegistered(
                msg.sender,
                Security(token).owner()
            ),
            ORDER_PERSONAL_INFO
        );
    }
}
