// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// What clients are asked about: state, events, reasons to revert, and a
/// check of typed data (EIP-712) on the chain.
contract Sample {
    struct Mail {
        address to;
        uint256 number;
        string text;
    }

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant MAIL = keccak256("Mail(address to,uint256 number,string text)");

    uint256 public number; // slot 0
    mapping(address => uint256) public numberOf; // slot 1

    event Changed(address indexed who, uint256 indexed number, string text);

    error Small(uint256 given, uint256 least);

    constructor(uint256 first) {
        number = first;
    }

    function set(uint256 to, string calldata text) external returns (uint256 before) {
        before = number;
        number = to;
        numberOf[msg.sender] = to;
        emit Changed(msg.sender, to, text);
    }

    function failText() external pure {
        revert("no such thing");
    }

    function failCustom(uint256 given) external pure {
        revert Small(given, 7);
    }

    function failPanic(uint256 divisor) external pure returns (uint256) {
        return 1 / divisor;
    }

    function signerOf(Mail calldata mail, uint8 v, bytes32 r, bytes32 s) external view returns (address) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("Sample"), keccak256("1"), block.chainid, address(this))
        );
        bytes32 content = keccak256(abi.encode(MAIL, mail.to, mail.number, keccak256(bytes(mail.text))));
        return ecrecover(keccak256(abi.encodePacked("\x19\x01", domain, content)), v, r, s);
    }
}
