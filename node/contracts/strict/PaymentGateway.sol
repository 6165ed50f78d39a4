// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "../common/Ownable.sol";
import {PaymentAccounts} from "../common/PaymentAccounts.sol";
import {AGENT_UNKNOWN, AGENT_KNOWN, ACCOUNT_UNKNOWN, ZERO_ADDRESS} from "../common/Codes.sol";

/// Agents are those whom the network's owner has let in: nobody can name
/// himself the agent of his own trade.
contract PaymentGateway is Ownable, PaymentAccounts {
    mapping(address => bool) private agents;

    event AddAgent(address indexed agent_address);
    event RemoveAgent(address indexed agent_address);
    event Modify(
        address indexed account_address,
        address indexed agent_address
    );

    function addAgent(address agent) external onlyOwner {
        require(agent != address(0), ZERO_ADDRESS);
        require(!agents[agent], AGENT_KNOWN);
        agents[agent] = true;
        emit AddAgent(agent);
    }

    /// He keeps what he has agreed to settle; no new order can name him.
    function removeAgent(address agent) external onlyOwner {
        require(agents[agent], AGENT_UNKNOWN);
        agents[agent] = false;
        emit RemoveAgent(agent);
    }

    function getAgent(address agent) external view returns (bool) {
        return agents[agent];
    }

    /// Whether an account may trade through that agent: he approved it, and
    /// he is one.
    function accountApproved(
        address account,
        address agent
    ) external view returns (bool) {
        return agents[agent] && isRegistered(account, agent);
    }

    /// The agent corrects what was registered with him; the status stays.
    function modify(address account, string calldata encrypted) external {
        require(
            payment_accounts[account][msg.sender].approval_status != 0,
            ACCOUNT_UNKNOWN
        );
        payment_accounts[account][msg.sender].encrypted_info = encrypted;
        emit Modify(account, msg.sender);
    }

    function _mustBeAgent(address agent) internal view override {
        require(agents[agent], AGENT_UNKNOWN);
    }
}
