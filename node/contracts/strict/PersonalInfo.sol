// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PersonalInfoBase} from "../common/PersonalInfoBase.sol";
import {INFO_UNKNOWN} from "../common/Codes.sol";

/// An issuer may correct what was registered with him, and register holders
/// who cannot do so themselves.
contract PersonalInfo is PersonalInfoBase {
    event Modify(
        address indexed account_address,
        address indexed issuer_address
    );

    function modify(address account, string calldata encrypted) external {
        require(_isRegistered(account, msg.sender), INFO_UNKNOWN);
        personal_info[account][msg.sender].encrypted_info = encrypted;
        emit Modify(account, msg.sender);
    }

    function forceRegister(
        address account,
        string calldata encrypted
    ) external {
        _store(account, msg.sender, encrypted);
    }
}
