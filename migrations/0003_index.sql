-- The index: what the events of the token contracts say, by jobsd (src/ledger
-- has the rules, src/ledger/table.def the same columns). A table has what is now,
-- its _history what was after each block that changed it: the state as of a block
-- is the last row of each key up to that block, one walk of the history's key,
--
--     select distinct on (account) * from position_history
--     where token = $1 and block_number <= $2 order by account, block_number desc
--
-- Rows follow from the chain alone: without them they are made again, the same.
-- Amounts are uint256, so numeric(78). block_number is the last change's; when
-- something was made stands in created_block and created_log, the order of the
-- chain, by which pages are walked.
-- Undo: drop the tables below; delete from cursor where name = 'index'.

-- What an account holds of a token in its wallet. pending waits for the issuer's
-- approval, locked is in favour of others, used is of a coupon.
create table position (
	token        bytea not null check (length(token) = 20),
	account      bytea not null check (length(account) = 20),
	block_number bigint not null,
	balance      numeric(78) not null,
	pending      numeric(78) not null,
	locked       numeric(78) not null,
	used         numeric(78) not null,
	primary key (token, account)
);
create index position_account on position (account, token);
create table position_history (
	like position including constraints,
	primary key (token, account, block_number)
);
create index position_history_block on position_history using brin (block_number);

-- ... and in favour of whom.
create table locked_position (
	token        bytea not null check (length(token) = 20),
	account      bytea not null check (length(account) = 20),
	lock_address bytea not null check (length(lock_address) = 20),
	block_number bigint not null,
	amount       numeric(78) not null,
	primary key (token, account, lock_address)
);
create index locked_position_account on locked_position (account, token);
create index locked_position_lock on locked_position (lock_address, token);
create table locked_position_history (
	like locked_position including constraints,
	primary key (token, account, lock_address, block_number)
);
create index locked_position_history_block on locked_position_history using brin (block_number);

-- What an account has at an exchange: balance is free, commitment promised to
-- orders and agreements.
create table exchange_position (
	token        bytea not null check (length(token) = 20),
	account      bytea not null check (length(account) = 20),
	exchange     bytea not null check (length(exchange) = 20),
	block_number bigint not null,
	balance      numeric(78) not null,
	commitment   numeric(78) not null,
	primary key (token, account, exchange)
);
create index exchange_position_account on exchange_position (account, token);
create table exchange_position_history (
	like exchange_position including constraints,
	primary key (token, account, exchange, block_number)
);
create index exchange_position_history_block on exchange_position_history using brin (block_number);

-- Tokens made less tokens redeemed.
create table token_supply (
	token        bytea not null check (length(token) = 20),
	block_number bigint not null,
	total        numeric(78) not null,
	primary key (token)
);
create table token_supply_history (
	like token_supply including constraints,
	primary key (token, block_number)
);
create index token_supply_history_block on token_supply_history using brin (block_number);

-- Tokens of a TokenList. owner is the list's word, template empty when it is no
-- name. What a token says of itself is in token_attribute.
create table token (
	token            bytea not null check (length(token) = 20),
	block_number     bigint not null,
	list             bytea not null check (length(list) = 20),
	owner            bytea not null check (length(owner) = 20),
	registered_block bigint not null,
	registered_log   bigint not null,
	template         text not null,
	primary key (token)
);
create index token_by_template on token
	(template, registered_block, registered_log);
create index token_by_owner on token (owner, registered_block, registered_log);
create table token_history (
	like token including constraints,
	primary key (token, block_number)
);
create index token_history_block on token_history using brin (block_number);

-- Attributes by the name of their getter. value is a JSON string, number or
-- boolean; addresses are strings by EIP-55.
create table token_attribute (
	token        bytea not null check (length(token) = 20),
	name         text not null,
	block_number bigint not null,
	value        jsonb not null,
	primary key (token, name)
);
create table token_attribute_history (
	like token_attribute including constraints,
	primary key (token, name, block_number)
);
create index token_attribute_history_block on token_attribute_history using brin (block_number);

-- Orders. remaining is what nobody has agreed to yet.
create table exchange_order (
	exchange      bytea not null check (length(exchange) = 20),
	order_id      bigint not null,
	block_number  bigint not null,
	token         bytea not null check (length(token) = 20),
	account       bytea not null check (length(account) = 20),
	is_buy        boolean not null,
	price         numeric(78) not null,
	amount        numeric(78) not null,
	remaining     numeric(78) not null,
	agent         bytea not null check (length(agent) = 20),
	is_canceled   boolean not null,
	created_block bigint not null,
	created_log   bigint not null,
	primary key (exchange, order_id)
);
create index exchange_order_book on exchange_order
	(token, is_buy, price, created_block, created_log)
	where not is_canceled and remaining > 0;
create index exchange_order_account on exchange_order
	(account, created_block, created_log);
create table exchange_order_history (
	like exchange_order including constraints,
	primary key (exchange, order_id, block_number)
);
create index exchange_order_history_block on exchange_order_history using brin (block_number);

-- Agreements. status: 0 pending, 1 done, 2 canceled; since block_number when not
-- pending. The last price of a token is that of its newest agreement.
create table agreement (
	exchange      bytea not null check (length(exchange) = 20),
	order_id      bigint not null,
	agreement_id  bigint not null,
	block_number  bigint not null,
	token         bytea not null check (length(token) = 20),
	buyer         bytea not null check (length(buyer) = 20),
	seller        bytea not null check (length(seller) = 20),
	price         numeric(78) not null,
	amount        numeric(78) not null,
	agent         bytea not null check (length(agent) = 20),
	status        smallint not null,
	created_block bigint not null,
	created_log   bigint not null,
	primary key (exchange, order_id, agreement_id)
);
create index agreement_token on agreement (token, created_block, created_log);
create index agreement_buyer on agreement (buyer, created_block, created_log);
create index agreement_seller on agreement (seller, created_block, created_log);
create index agreement_agent on agreement (agent, created_block, created_log);
create table agreement_history (
	like agreement including constraints,
	primary key (exchange, order_id, agreement_id, block_number)
);
create index agreement_history_block on agreement_history using brin (block_number);

-- Transfers that need the issuer's approval. status: 0 pending, 1 approved,
-- 2 canceled.
create table transfer_request (
	token         bytea not null check (length(token) = 20),
	request_id    numeric(78) not null,
	block_number  bigint not null,
	sender        bytea not null check (length(sender) = 20),
	recipient     bytea not null check (length(recipient) = 20),
	amount        numeric(78) not null,
	status        smallint not null,
	created_block bigint not null,
	created_log   bigint not null,
	primary key (token, request_id)
);
create index transfer_request_sender on transfer_request
	(sender, created_block, created_log);
create index transfer_request_recipient on transfer_request
	(recipient, created_block, created_log);
create table transfer_request_history (
	like transfer_request including constraints,
	primary key (token, request_id, block_number)
);
create index transfer_request_history_block on transfer_request_history using brin (block_number);

-- What investors have told issuers. Blocks are 0 where that never happened.
create table personal_info (
	contract         bytea not null check (length(contract) = 20),
	account          bytea not null check (length(account) = 20),
	issuer           bytea not null check (length(issuer) = 20),
	block_number     bigint not null,
	registered_block bigint not null,
	modified_block   bigint not null,
	primary key (contract, account, issuer)
);
create index personal_info_issuer on personal_info (issuer, account);
create table personal_info_history (
	like personal_info including constraints,
	primary key (contract, account, issuer, block_number)
);
create index personal_info_history_block on personal_info_history using brin (block_number);

-- Bank accounts registered with agents. status: 0 none, 1 not approved,
-- 2 approved, 3 warned, 4 banned. agreed_block is when the account last agreed to
-- terms, 0: never.
create table payment_account (
	contract         bytea not null check (length(contract) = 20),
	account          bytea not null check (length(account) = 20),
	agent            bytea not null check (length(agent) = 20),
	block_number     bigint not null,
	status           smallint not null,
	registered_block bigint not null,
	agreed_block     bigint not null,
	primary key (contract, account, agent)
);
create index payment_account_agent on payment_account (agent, account);
create table payment_account_history (
	like payment_account including constraints,
	primary key (contract, account, agent, block_number)
);
create index payment_account_history_block on payment_account_history using brin (block_number);

-- Agents whom the network's owner let in (strict profile).
create table payment_agent (
	contract     bytea not null check (length(contract) = 20),
	agent        bytea not null check (length(agent) = 20),
	block_number bigint not null,
	is_agent     boolean not null,
	primary key (contract, agent)
);
create table payment_agent_history (
	like payment_agent including constraints,
	primary key (contract, agent, block_number)
);
create index payment_agent_history_block on payment_agent_history using brin (block_number);

-- What happened, in the order of the chain. Transfers of tokens; sender is zero
-- when they are made, recipient when they are redeemed.
create table transfer (
	block_number bigint not null,
	log_index    bigint not null,
	tx_index     bigint not null,
	tx_hash      bytea not null check (length(tx_hash) = 32),
	token        bytea not null check (length(token) = 20),
	sender       bytea not null check (length(sender) = 20),
	recipient    bytea not null check (length(recipient) = 20),
	amount       numeric(78) not null,
	primary key (block_number, log_index)
);
create index transfer_token on transfer (token, block_number, log_index);
create index transfer_sender on transfer (sender, block_number, log_index);
create index transfer_recipient on transfer (recipient, block_number, log_index);

-- Coupons used: amount in this one; balance and used after it.
create table consumption (
	block_number bigint not null,
	log_index    bigint not null,
	tx_index     bigint not null,
	tx_hash      bytea not null check (length(tx_hash) = 32),
	token        bytea not null check (length(token) = 20),
	account      bytea not null check (length(account) = 20),
	amount       numeric(78) not null,
	balance      numeric(78) not null,
	used         numeric(78) not null,
	primary key (block_number, log_index)
);
create index consumption_token on consumption (token, account, block_number, log_index);
create index consumption_account on consumption (account, block_number, log_index);

-- Every event but the tokens' Transfer. token is the one that it is about, args
-- are by the names that the contract gives them.
create table event (
	block_number bigint not null,
	log_index    bigint not null,
	tx_index     bigint not null,
	tx_hash      bytea not null check (length(tx_hash) = 32),
	contract     bytea not null check (length(contract) = 20),
	token        bytea check (length(token) = 20),
	name         text not null,
	args         jsonb not null,
	primary key (block_number, log_index)
);
create index event_contract on event (contract, block_number, log_index);
create index event_token on event (token, block_number, log_index);

-- The platform's contracts that the rows above are of. Another set of them, and
-- the index is made anew.
create table index_source (
	address bytea primary key check (length(address) = 20),
	profile text not null,
	name    text not null
);

grant select on
	position, position_history, locked_position, locked_position_history,
	exchange_position, exchange_position_history, token_supply,
	token_supply_history, token, token_history, token_attribute,
	token_attribute_history, exchange_order, exchange_order_history,
	agreement, agreement_history, transfer_request,
	transfer_request_history, personal_info, personal_info_history,
	payment_account, payment_account_history, payment_agent,
	payment_agent_history, transfer, consumption, event, index_source
	to gw;
grant select, insert, update, delete, truncate on
	position, position_history, locked_position, locked_position_history,
	exchange_position, exchange_position_history, token_supply,
	token_supply_history, token, token_history, token_attribute,
	token_attribute_history, exchange_order, exchange_order_history,
	agreement, agreement_history, transfer_request,
	transfer_request_history, personal_info, personal_info_history,
	payment_account, payment_account_history, payment_agent,
	payment_agent_history, transfer, consumption, event, index_source
	to jobs;
