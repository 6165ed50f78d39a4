// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PersonalInfoBase} from "../common/PersonalInfoBase.sol";

contract PersonalInfo is PersonalInfoBase {}
