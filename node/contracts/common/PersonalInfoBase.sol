// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What investors have told issuers about themselves, each entry encrypted
/// with the issuer's key: the ciphertext is public, its content is not.
abstract contract PersonalInfoBase {
    struct Info {
        address account_address;
        address issuer_address;
        string encrypted_info;
    }

    mapping(address => mapping(address => Info)) public personal_info;

    event Register(
        address indexed account_address,
        address indexed issuer_address
    );

    function register(address issuer, string calldata encrypted) external {
        _store(msg.sender, issuer, encrypted);
    }

    function isRegistered(
        address account,
        address issuer
    ) external view returns (bool) {
        return _isRegistered(account, issuer);
    }

    function _isRegistered(
        address account,
        address issuer
    ) internal view returns (bool) {
        return personal_info[account][issuer].account_address != address(0);
    }

    function _store(
        address account,
        address issuer,
        string calldata encrypted
    ) internal {
        personal_info[account][issuer] = Info(account, issuer, encrypted);
        emit Register(account, issuer);
    }
}
