// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TERMS_MISSING, ACCOUNT_BANNED, ACCOUNT_UNKNOWN} from "./Codes.sol";

/// Bank accounts of traders, registered with the agent through whom they pay
/// and approved by him; and the terms of that agent, in versions from 0.
abstract contract PaymentAccounts {
    // approval_status
    uint8 internal constant UNAPPROVED = 1;
    uint8 internal constant APPROVED = 2;
    uint8 internal constant WARNED = 3;
    uint8 internal constant BANNED = 4;

    struct Terms {
        string text;
        bool status; // published
    }

    struct PaymentAccount {
        address account_address;
        address agent_address;
        string encrypted_info;
        uint8 approval_status; // 0 none
    }

    mapping(address => mapping(uint16 => Terms)) public terms;
    mapping(address => uint16) public latest_terms_version; // the next one
    mapping(address => mapping(address => mapping(uint16 => bool)))
        public agreements;
    mapping(address => mapping(address => PaymentAccount))
        public payment_accounts;

    event Register(
        address indexed account_address,
        address indexed agent_address
    );
    event Agree(address indexed account_address, address indexed agent_address);
    event Approve(
        address indexed account_address,
        address indexed agent_address
    );
    event Warn(address indexed account_address, address indexed agent_address);
    event Unapprove(
        address indexed account_address,
        address indexed agent_address
    );
    event Ban(address indexed account_address, address indexed agent_address);

    function register_terms(string calldata text) external returns (bool) {
        _mustBeAgent(msg.sender);
        terms[msg.sender][latest_terms_version[msg.sender]++] = Terms(
            text,
            true
        );
        return true;
    }

    function agree_terms(address agent) external returns (bool) {
        _agree(agent);
        return true;
    }

    /// Agrees to the latest terms, too. Whoever registers anew must be
    /// approved anew; whom the agent has banned can't.
    function register(
        address agent,
        string calldata encrypted
    ) external returns (bool) {
        PaymentAccount storage account = payment_accounts[msg.sender][agent];

        _mustBeAgent(agent);
        require(account.approval_status != BANNED, ACCOUNT_BANNED);
        _agree(agent);
        account.account_address = msg.sender;
        account.agent_address = agent;
        account.encrypted_info = encrypted;
        account.approval_status = UNAPPROVED;
        emit Register(msg.sender, agent);
        return true;
    }

    function approve(address account) external returns (bool) {
        _setStatus(account, APPROVED);
        emit Approve(account, msg.sender);
        return true;
    }

    function warn(address account) external returns (bool) {
        _setStatus(account, WARNED);
        emit Warn(account, msg.sender);
        return true;
    }

    function unapprove(address account) external returns (bool) {
        _setStatus(account, UNAPPROVED);
        emit Unapprove(account, msg.sender);
        return true;
    }

    function ban(address account) external returns (bool) {
        _setStatus(account, BANNED);
        emit Ban(account, msg.sender);
        return true;
    }

    /// Whether an account has agreed to the newest version of the terms.
    function isAgreed(
        address account,
        address agent
    ) external view returns (bool) {
        uint16 next = latest_terms_version[agent];

        return next != 0 && agreements[account][agent][next - 1];
    }

    /// Whether an account may trade through that agent.
    function isRegistered(
        address account,
        address agent
    ) public view returns (bool) {
        return payment_accounts[account][agent].approval_status == APPROVED;
    }

    function _mustBeAgent(address agent) internal view virtual;

    function _agree(address agent) private {
        uint16 next = latest_terms_version[agent];

        require(next != 0, TERMS_MISSING);
        agreements[msg.sender][agent][next - 1] = true;
        emit Agree(msg.sender, agent);
    }

    /// The sender's own registrations alone: an agent has no others.
    function _setStatus(address account, uint8 status) private {
        PaymentAccount storage entry = payment_accounts[account][msg.sender];

        require(entry.approval_status != 0, ACCOUNT_UNKNOWN);
        entry.approval_status = status;
    }
}
