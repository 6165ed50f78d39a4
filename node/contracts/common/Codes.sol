// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Why a call was refused. A revert carries one of these as Error(string);
// conf/contracts/reasons.json has the text for each, in Japanese and English,
// and a test holds the two lists against each other.

// 10 TokenList
string constant LIST_REGISTERED = "100001";
string constant LIST_NOT_TOKEN_OWNER = "100002";
string constant LIST_UNKNOWN = "100101";
string constant LIST_NOT_OWNER = "100102";

// 15 every token
string constant NOT_OWNER = "150001";
string constant ZERO_OWNER = "150002";
string constant ZERO_ADDRESS = "150101";
string constant BALANCE_SHORT = "150102";
string constant TO_CONTRACT = "150103";
string constant NOT_TRANSFERABLE = "150104";
string constant APPROVAL_NEEDED = "150105";
string constant NOT_REGISTERED = "150106";
string constant SUSPENDED = "150107";
string constant LENGTHS_DIFFER = "150108";
string constant BULK_EMPTY = "150109";
string constant FROM_CONTRACT = "150110";
string constant OFFERING_CLOSED = "150201";
string constant NO_APPLICATION = "150202";
string constant ALLOTTED_OVER = "150203";
string constant ZERO_AMOUNT = "150204";

// 16 security tokens
string constant NO_APPROVAL_NEEDED = "160101";
string constant REQUEST_UNKNOWN = "160102";
string constant REQUEST_ENDED = "160103";
string constant NOT_APPLICANT = "160104";
string constant LOCKED_SHORT = "160201";
string constant ENDED = "160301";

// 17 PersonalInfo, 18 PaymentGateway
string constant INFO_UNKNOWN = "170001";
string constant AGENT_UNKNOWN = "180001";
string constant AGENT_KNOWN = "180002";
string constant TERMS_MISSING = "180003";
string constant ACCOUNT_BANNED = "180004";
string constant ACCOUNT_UNKNOWN = "180005";

// 21 exchanges
string constant ORDER_UNKNOWN = "210001";
string constant ORDER_ZERO = "210002";
string constant ORDER_BALANCE = "210003";
string constant ORDER_AGENT = "210004";
string constant ORDER_CONTRACT = "210005";
string constant ORDER_TOKEN_STATE = "210006";
string constant ORDER_ACCOUNT = "210007";
string constant ORDER_PERSONAL_INFO = "210008";
string constant ORDER_NOT_OWNER = "210009";
string constant ORDER_CANCELED = "210010";
string constant ORDER_DONE = "210011";
string constant ORDER_OWN = "210012";
string constant ORDER_SAME_SIDE = "210013";
string constant ORDER_AMOUNT_OVER = "210014";
string constant AGREEMENT_UNKNOWN = "210101";
string constant AGREEMENT_PAID = "210102";
string constant AGREEMENT_CANCELED = "210103";
string constant AGREEMENT_NOT_AGENT = "210104";
string constant AGREEMENT_NOT_PARTY = "210105";
string constant WITHDRAW_ZERO = "210201";
string constant NOT_TRADABLE = "210202";
