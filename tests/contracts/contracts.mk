# The token contracts: compiled by a pinned compiler, tested on our engine.

CONTRACT_LIBS := $(call archives,$(call closure,exec))
$(B)/obj/tests/contracts/engine.o: tests/contracts/engine.c $(INC)/exec/.ok
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -I$(INC)/exec -MMD -MP -c $< -o $@
$(B)/test/contract_engine: $(B)/obj/tests/contracts/engine.o $(CONTRACT_LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(NODE_FOREIGN)
DEPFILES += $(B)/obj/tests/contracts/engine.d

CONTRACTS = ENGINE=$(B)/test/contract_engine tests/contracts/run

.PHONY: deps-contracts contracts contracts-build contracts-gas contracts-vectors
deps-contracts:
	@tests/tools/npm-deps tests/contracts build/npm-solc
contracts: deps-contracts $(B)/test/contract_engine ## token contracts: compiled anew and compared, every rule (CASE=pattern)
	@$(CONTRACTS) test.mjs '$(CASE)'
contracts-build: deps-contracts ## compile node/contracts into conf/contracts
	@tests/contracts/run compile.mjs
contracts-gas: deps-contracts $(B)/test/contract_engine ## note the gas of every operation anew
	@$(CONTRACTS) gas.mjs
contracts-vectors: deps-contracts ## write tests/vectors/contract.jsonl anew
	@tests/contracts/run vectors.mjs >tests/vectors/contract.jsonl
