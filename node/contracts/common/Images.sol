// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "./Ownable.sol";

/// Pictures of a token: class 0 small, 1 medium, 2 large.
abstract contract Images is Ownable {
    mapping(uint8 => string) public image_urls;

    function setImageURL(uint8 class, string calldata url) external onlyOwner {
        image_urls[class] = url;
    }

    function getImageURL(uint8 class) external view returns (string memory) {
        return image_urls[class];
    }
}
