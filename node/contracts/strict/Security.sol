// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Token} from "./Token.sol";
import {ZERO_ADDRESS, APPROVAL_NEEDED, LENGTHS_DIFFER, BULK_EMPTY, OFFERING_CLOSED, NO_APPLICATION, ALLOTTED_OVER, ZERO_AMOUNT, NO_APPROVAL_NEEDED, REQUEST_UNKNOWN, REQUEST_ENDED, NOT_APPLICANT, LOCKED_SHORT} from "../common/Codes.sol";

/// What bonds and shares have beyond other tokens: transfers that the issuer
/// approves one by one, locks in favour of somebody, an offering with
/// allotment, and issue and redemption at any holder.
abstract contract Security is Token {
    struct TransferRequest {
        address from;
        address to;
        uint256 amount;
        bool pending;
    }

    struct Application {
        uint256 requestedAmount;
        uint256 allottedAmount;
        string data;
    }

    bool public transferApprovalRequired;
    TransferRequest[] public transferRequests;
    mapping(address => uint256) public pendingTransfer;
    // lock address => account => amount
    mapping(address => mapping(address => uint256)) public lockedOf;
    bool public isOffering;
    mapping(address => Application) public applications;

    event ApplyForTransfer(
        uint256 indexed index,
        address indexed from,
        address indexed to,
        uint256 value,
        string data
    );
    event CancelTransfer(
        uint256 indexed index,
        address indexed from,
        address indexed to,
        string data
    );
    event ApproveTransfer(
        uint256 indexed index,
        address indexed from,
        address indexed to,
        string data
    );
    event Lock(
        address indexed accountAddress,
        address indexed lockAddress,
        uint256 value,
        string data
    );
    event ForceLock(
        address indexed accountAddress,
        address indexed lockAddress,
        uint256 value,
        string data
    );
    event Unlock(
        address indexed accountAddress,
        address indexed lockAddress,
        address recipientAddress,
        uint256 value,
        string data
    );
    event ForceUnlock(
        address indexed accountAddress,
        address indexed lockAddress,
        address recipientAddress,
        uint256 value,
        string data
    );
    event ForceChangeLockedAccount(
        address indexed lockAddress,
        address indexed beforeAccountAddress,
        address indexed afterAccountAddress,
        uint256 value,
        string data
    );
    event Issue(
        address indexed from,
        address indexed targetAddress,
        address indexed lockAddress,
        uint256 amount
    );
    event Redeem(
        address indexed from,
        address indexed targetAddress,
        address indexed lockAddress,
        uint256 amount
    );
    event ApplyFor(
        address indexed accountAddress,
        uint256 amount,
        string data
    );
    event Allot(address indexed accountAddress, uint256 amount);

    /// Redeemed or cancelled: there is nothing more to trade.
    function isEnded() external view returns (bool) {
        return _isEnded();
    }

    function _isEnded() internal view virtual returns (bool);

    // --- transfers with approval ---

    function setTransferApprovalRequired(bool yes) external onlyOwner {
        transferApprovalRequired = yes;
        emit ChangeNumber("transferApprovalRequired", yes ? 1 : 0);
    }

    /// The tokens leave the applicant's balance until the issuer has decided.
    function applyForTransfer(
        address to,
        uint256 value,
        string calldata data
    ) external {
        uint256 index = transferRequests.length;

        require(transferApprovalRequired, NO_APPROVAL_NEEDED);
        if (msg.sender != owner) _mayMove();
        _mayReceive(to);
        _take(msg.sender, value);
        pendingTransfer[msg.sender] += value;
        transferRequests.push(TransferRequest(msg.sender, to, value, true));
        emit ApplyForTransfer(index, msg.sender, to, value, data);
    }

    function cancelTransfer(uint256 index, string calldata data) external {
        TransferRequest storage request = _endRequest(index);

        require(
            msg.sender == owner || msg.sender == request.from,
            NOT_APPLICANT
        );
        balances[request.from] += request.amount;
        emit CancelTransfer(index, request.from, request.to, data);
    }

    function approveTransfer(
        uint256 index,
        string calldata data
    ) external onlyOwner {
        TransferRequest storage request = _endRequest(index);

        _mayReceive(request.to);
        balances[request.to] += request.amount;
        emit ApproveTransfer(index, request.from, request.to, data);
        emit Transfer(request.from, request.to, request.amount);
    }

    // --- locks ---

    /// Only lockAddress, or the issuer by force, can undo it.
    function lock(
        address lockAddress,
        uint256 value,
        string calldata data
    ) external {
        _lock(lockAddress, msg.sender, value);
        emit Lock(msg.sender, lockAddress, value, data);
    }

    function forceLock(
        address lockAddress,
        address account,
        uint256 value,
        string calldata data
    ) external onlyOwner {
        _lock(lockAddress, account, value);
        emit ForceLock(account, lockAddress, value, data);
    }

    function unlock(
        address account,
        address recipient,
        uint256 value,
        string calldata data
    ) external {
        emit Unlock(account, msg.sender, recipient, value, data);
        _unlock(msg.sender, account, recipient, value);
    }

    function forceUnlock(
        address lockAddress,
        address account,
        address recipient,
        uint256 value,
        string calldata data
    ) external onlyOwner {
        emit ForceUnlock(account, lockAddress, recipient, value, data);
        _unlock(lockAddress, account, recipient, value);
    }

    /// What is locked becomes another's, and stays locked.
    function forceChangeLockedAccount(
        address lockAddress,
        address before,
        address after_,
        uint256 value,
        string calldata data
    ) external onlyOwner {
        _mayReceive(after_);
        _takeLocked(lockAddress, before, value);
        lockedOf[lockAddress][after_] += value;
        emit ForceChangeLockedAccount(lockAddress, before, after_, value, data);
        emit Transfer(before, after_, value);
    }

    // --- issue and redemption; a lock address of zero means none ---

    function issueFrom(
        address target,
        address lockAddress,
        uint256 amount
    ) external onlyOwner {
        _issue(target, lockAddress, amount);
    }

    function redeemFrom(
        address target,
        address lockAddress,
        uint256 amount
    ) external onlyOwner {
        _redeem(target, lockAddress, amount);
    }

    function bulkIssueFrom(
        address[] calldata targets,
        address[] calldata locks,
        uint256[] calldata amounts
    ) external onlyOwner {
        _checkBulk(targets.length, locks.length, amounts.length);
        for (uint256 i = 0; i < targets.length; i++)
            _issue(targets[i], locks[i], amounts[i]);
    }

    function bulkRedeemFrom(
        address[] calldata targets,
        address[] calldata locks,
        uint256[] calldata amounts
    ) external onlyOwner {
        _checkBulk(targets.length, locks.length, amounts.length);
        for (uint256 i = 0; i < targets.length; i++)
            _redeem(targets[i], locks[i], amounts[i]);
    }

    // --- offering ---

    function changeOfferingStatus(bool open) external onlyOwner {
        isOffering = open;
        emit ChangeNumber("isOffering", open ? 1 : 0);
    }

    /// A later application takes the place of the earlier one; what was
    /// allotted counts against it.
    function applyForOffering(uint256 amount, string calldata data) external {
        Application storage application = applications[msg.sender];

        require(isOffering, OFFERING_CLOSED);
        require(amount > 0, ZERO_AMOUNT);
        _mayReceive(msg.sender);
        application.requestedAmount = amount;
        application.data = data;
        emit ApplyFor(msg.sender, amount, data);
    }

    /// The issuer gives an applicant tokens of his own, at most as many as
    /// were asked for, in one step or several.
    function allot(address account, uint256 amount) external onlyOwner {
        Application storage application = applications[account];

        require(application.requestedAmount > 0, NO_APPLICATION);
        require(amount > 0, ZERO_AMOUNT);
        require(
            application.allottedAmount + amount <= application.requestedAmount,
            ALLOTTED_OVER
        );
        _mayReceive(account);
        application.allottedAmount += amount;
        emit Allot(account, amount);
        _move(msg.sender, account, amount);
    }

    // --- private ---

    function _mayTransfer() internal view override {
        require(!transferApprovalRequired, APPROVAL_NEEDED);
    }

    /// Ends what the caller must then carry out or give back.
    function _endRequest(
        uint256 index
    ) private returns (TransferRequest storage request) {
        require(index < transferRequests.length, REQUEST_UNKNOWN);
        request = transferRequests[index];
        require(request.pending, REQUEST_ENDED);
        request.pending = false;
        pendingTransfer[request.from] -= request.amount;
    }

    function _lock(address lockAddress, address account, uint256 value) private {
        require(lockAddress != address(0), ZERO_ADDRESS);
        _mayLose(account);
        _take(account, value);
        lockedOf[lockAddress][account] += value;
    }

    function _unlock(
        address lockAddress,
        address account,
        address recipient,
        uint256 value
    ) private {
        _takeLocked(lockAddress, account, value);
        if (recipient != account) {
            _mayReceive(recipient);
            emit Transfer(account, recipient, value);
        }
        balances[recipient] += value;
    }

    function _takeLocked(
        address lockAddress,
        address account,
        uint256 value
    ) private {
        require(lockedOf[lockAddress][account] >= value, LOCKED_SHORT);
        lockedOf[lockAddress][account] -= value;
    }

    function _issue(address target, address lockAddress, uint256 amount) private {
        _mayReceive(target);
        emit Issue(msg.sender, target, lockAddress, amount);
        _create(target, amount);
        if (lockAddress != address(0)) _lock(lockAddress, target, amount);
    }

    function _redeem(
        address target,
        address lockAddress,
        uint256 amount
    ) private {
        _mayLose(target);
        if (lockAddress == address(0)) _take(target, amount);
        else _takeLocked(lockAddress, target, amount);
        totalSupply -= amount;
        emit Redeem(msg.sender, target, lockAddress, amount);
        emit Transfer(target, address(0), amount);
    }

    function _checkBulk(uint256 a, uint256 b, uint256 c) private pure {
        require(a == b && b == c, LENGTHS_DIFFER);
        require(a > 0, BULK_EMPTY);
    }
}
