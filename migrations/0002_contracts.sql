-- The platform's own contracts: what is to be created and what was. The signed
-- transaction is stored before it is sent, so that whoever goes on after a
-- crash sends the same bytes again and creates nothing twice.
-- Undo: drop table deployed_contract;

create table deployed_contract (
	profile      text        not null check (profile in ('strict', 'legacy')),
	name         text        not null,
	address      text        not null unique
		check (address ~ '^0x[0-9a-fA-F]{40}$'), -- EIP-55
	deployer     text        not null
		check (deployer ~ '^0x[0-9a-fA-F]{40}$'), -- EIP-55
	nonce        bigint      not null check (nonce >= 0),
	tx_hash      bytea       not null unique check (length(tx_hash) = 32),
	raw_tx       bytea       not null,
	block_number bigint      check (block_number >= 0), -- null: not seen yet
	planned_at   timestamptz not null default now(),
	deployed_at  timestamptz,
	primary key (profile, name),
	unique (deployer, nonce),
	check ((block_number is null) = (deployed_at is null))
);

grant select on deployed_contract to gw, jobs;
