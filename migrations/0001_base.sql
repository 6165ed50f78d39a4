-- The beginnings: who may read and write what, the block headers that jobsd
-- follows, and the contracts that wallets may call through the gateway.
-- Undo: drop schema public cascade (nothing else is in the database yet).

create table schema_migration (
	number     integer     primary key,
	name       text        not null,
	checksum   text        not null,
	applied_at timestamptz not null default now()
);

-- One row per canonical block. number is the cursor of whoever follows.
create table block (
	number      bigint  primary key check (number >= 0),
	hash        bytea   not null unique check (length(hash) = 32),
	parent_hash bytea   not null check (length(parent_hash) = 32),
	at_unix     bigint  not null check (at_unix >= 0),
	author      bytea   not null check (length(author) = 20),
	gas_limit   bigint  not null,
	gas_used    bigint  not null,
	tx_cnt      integer not null check (tx_cnt >= 0),
	state_root  bytea   not null check (length(state_root) = 32)
);

-- Where each follower stands; moved in the transaction that stores its rows.
create table cursor (
	name   text   primary key,
	number bigint not null,
	hash   bytea  not null check (length(hash) = 32)
);

-- Contracts that POST /v1/Eth/SendRawTransaction may call, by EIP-55 text.
create table executable_contract (
	contract_address text        primary key
		check (contract_address ~ '^0x[0-9a-fA-F]{40}$'),
	added_at         timestamptz not null default now()
);

grant usage on schema public to gw, jobs;
grant select on block, cursor, executable_contract, schema_migration to gw;
grant select, insert, update, delete on block, cursor to jobs;
grant select on executable_contract, schema_migration to jobs;
