// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IbetStandardTokenInterface} from "./IbetStandardTokenInterface.sol";
import {LIST_REGISTERED, LIST_NOT_TOKEN_OWNER, LIST_UNKNOWN, LIST_NOT_OWNER, ZERO_OWNER} from "./Codes.sol";

/// The tokens of the network, each under its template's name. Whose a token is
/// here follows the issuer's word alone: changeOwner, not the token's owner().
contract TokenList {
    struct Entry {
        address token;
        string template;
        address owner;
    }

    Entry[] private entries;
    mapping(address => uint256) private places; // 1 + index in entries

    event Register(
        address indexed token_address,
        string token_template,
        address owner_address
    );
    event ChangeOwner(
        address indexed token_address,
        address indexed previous_owner,
        address indexed new_owner
    );

    function register(address token, string calldata template) external {
        require(places[token] == 0, LIST_REGISTERED);
        require(
            IbetStandardTokenInterface(token).owner() == msg.sender,
            LIST_NOT_TOKEN_OWNER
        );
        entries.push(Entry(token, template, msg.sender));
        places[token] = entries.length;
        emit Register(token, template, msg.sender);
    }

    function changeOwner(address token, address newOwner) external {
        require(places[token] != 0, LIST_UNKNOWN);
        require(newOwner != address(0), ZERO_OWNER);

        Entry storage entry = entries[places[token] - 1];

        require(entry.owner == msg.sender, LIST_NOT_OWNER);
        emit ChangeOwner(token, entry.owner, newOwner);
        entry.owner = newOwner;
    }

    function getOwnerAddress(address token) external view returns (address) {
        return places[token] == 0 ? address(0) : entries[places[token] - 1].owner;
    }

    function getListLength() external view returns (uint256) {
        return entries.length;
    }

    function getTokenByNum(
        uint256 num
    )
        external
        view
        returns (
            address token_address,
            string memory token_template,
            address owner_address
        )
    {
        Entry storage entry = entries[num];

        return (entry.token, entry.template, entry.owner);
    }

    /// Zeroes for a token that is not registered.
    function getTokenByAddress(
        address token
    )
        external
        view
        returns (
            address token_address,
            string memory token_template,
            address owner_address
        )
    {
        if (places[token] == 0) return (address(0), "", address(0));

        Entry storage entry = entries[places[token] - 1];

        return (entry.token, entry.template, entry.owner);
    }
}
