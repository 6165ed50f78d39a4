# The running stack, and everything that tests it from outside.

.PHONY: run test torture deps-run deps-test e2e e2e-framing e2e-limit e2e-geo \
	e2e-tls tls-findings e2e-stack e2e-nodes e2e-dialect e2e-rpc e2e-subs e2e-accounts e2e-wallet e2e-index e2e-explorer e2e-injection injection-torture e2e-cli \
	e2e-export e2e-fault e2e-powercut powercut-torture crash crash-torture newcomer \
	e2e-life e2e-contracts mutations mutations-torture mutate

deps-run: ## install what make run needs
	@tests/tools/packages run
deps-test: ## install what make test needs
	@tests/tools/packages test
	@tests/tools/npm-deps
	@tests/tools/npm-deps tests/e2e/chromium build/npm-chromium

run: deps-run ## build and start the development stack (Ctrl-C stops it)
	@$(MAKE) --no-print-directory -q all || { echo "building" && \
		$(MAKE) --no-print-directory -j2 all; }
	@exec $(B)/bin/sekisho up

.PHONY: check-source
check-source: deps-test ## the source checks that take seconds
	@$(MAKE) --no-print-directory fmt-check docs layers sql spec gen-check \
		pages-check symbols

# Each stage is a target whose last line is "N passed, N failed". Seeds are
# fixed here, so that two runs of one tree do the same; torture draws them.
E2E_STAGES := e2e-framing e2e-ws e2e-life e2e-limit e2e-geo e2e-tls e2e-stack \
	e2e-nodes e2e-dialect e2e-rpc e2e-subs e2e-clients e2e-accounts e2e-wallet e2e-index e2e-explorer e2e-injection \
	e2e-cli e2e-contracts e2e-export e2e-fault
TEST_STAGES := unit conformance-sample rpc-compat sim differ contracts fuzz-seeds $(E2E_STAGES) \
	mutations e2e-powercut crash newcomer
TORTURE_STAGES := unit conformance rpc-compat asan tsan sim-torture differ-torture contracts fuzz-torture \
	$(E2E_STAGES) tls-findings injection-torture mutations-torture powercut-torture crash-torture newcomer dist-check

test: deps-test ## everything that every change must pass (STAGES="unit crash")
	@$(MAKE) --no-print-directory -j2 all
	@tests/tools/run-stages $(or $(STAGES),$(TEST_STAGES))

torture: deps-test ## everything whole: 200 crash cycles, long fuzzing
	@tests/tools/packages torture
	@$(MAKE) --no-print-directory -j2 all
	@tests/tools/run-stages $(TORTURE_STAGES)

PY := PYTHONDONTWRITEBYTECODE=1 python3

e2e: $(E2E_STAGES) ## black-box cases over HTTPS and JSON-RPC
e2e-framing: all ## the gateway from outside (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/framing.py '$(CASE)'
e2e-rpc: all ## the rpc surface in front of a node (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/rpc_test.py $(CASE)
e2e-subs: all ## subscriptions on a node's socket (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/subs_test.py '$(CASE)'
e2e-clients: all ## libraries, hardhat and cast over all that they speak (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/clients_test.py $(CASE)
e2e-ws: all ## WebSockets at the gateway (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/ws_test.py '$(CASE)'
e2e-life: all ## the gateway's end, deaths and reloads under load (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/life_test.py '$(CASE)'
e2e-limit: all ## whom requests are from, and how many they may be (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/limit_test.py '$(CASE)'
e2e-geo: all ## countries at the gateway (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/geo_test.py '$(CASE)'
e2e-tls: all ## certificates of the gateway, and replacing them (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/tls_test.py '$(CASE)'
tls-findings: all ## what testssl.sh finds at the TLS port, five minutes
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/findings_test.py
e2e-stack: all ## a whole stack, from the wallet to the database (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/stack_test.py $(CASE)
e2e-accounts: all ## accounts that a node keeps, real clients (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/accounts_test.py '$(CASE)'

e2e-nodes: all ## two nodes behind one gateway (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/nodes_test.py $(CASE)
e2e-dialect: all ## the node's plain HTTP dialect (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/dialect_test.py $(CASE)
e2e-wallet: all ## transactions of wallets, and how they are waited for
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/wallet_test.py $(CASE)
e2e-index: all ## the index of the token contracts beside what they say (CASE=pattern SEED=n)
	@SEKISHO_BIN=$(B)/bin SEED='$(SEED)' $(PY) tests/e2e/index_test.py $(CASE)
e2e-explorer: all ## the explorer in Chromium (CASE=pattern SHOTS=folder for pictures)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/explorer_test.py $(CASE)
INJECT := SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/injection_test.py
e2e-injection: all ## attacks with the SQL screen off (CASE=pattern)
	@$(INJECT) $(CASE)
injection-torture: all ## sqlmap on every route, 4 minutes each at most
	@SQLMAP=1 $(INJECT) sqlmap
e2e-cli: all ## the command line from outside (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/cli_test.py $(CASE)
e2e-contracts: all ## the platform's contracts: deployed once, verified (CASE=pattern)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/contracts_test.py $(CASE)
e2e-export: all ## another client imports our chain
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/export_test.py
e2e-fault: all $(B)/test/faultio.so ## a disk that fails under the node
	@SEKISHO_BIN=$(B)/bin SEKISHO_FAULTIO=$(B)/test/faultio.so \
		$(PY) tests/e2e/fault_test.py $(CASE)
MUTATE := $(MAKE) --no-print-directory FLAVOUR=$(if $(CLANG),asan,release) mutate
mutations: ## 20,000 bent requests, gateway under ASan (CASES=n SEED=n FIRST=n)
	@$(MUTATE) CASES=$(or $(CASES),20000) SEED=$(or $(SEED),20261122)
mutations-torture: ## a million bent requests (CASES=n SEED=n)
	@$(MUTATE) CASES=$(or $(CASES),1000000)
mutate: $(B)/bin/gateway
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/mutate_test.py $(CASES) '$(SEED)' '$(FIRST)'
POWERCUT := SEKISHO_BIN=$(B)/bin SEKISHO_CUTIO=$(B)/test/cutio.so \
	$(PY) tests/e2e/powercut_test.py
e2e-powercut: all $(B)/test/cutio.so ## power cuts under the node (CUTS=n SEED=n)
	@$(POWERCUT) $(or $(CUTS),40) $(or $(SEED),20261122)
powercut-torture: all $(B)/test/cutio.so ## 1,000 power cuts
	@$(POWERCUT) 1000 $(SEED)
crash: all ## 20 cycles of load and kill -9 (CYCLES=n SEED=n)
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/crash_test.py $(or $(CYCLES),20) $(or $(SEED),20261122)
crash-torture: all ## 200 cycles of load and kill -9
	@SEKISHO_BIN=$(B)/bin $(PY) tests/e2e/crash_test.py 200
newcomer: ## fresh clone, make run, the README's commands
	@$(PY) tests/e2e/newcomer_test.py

.PHONY: bench bench-evm bench-gateway bench-rpc
EVM_BENCH := SEKISHO_BIN=$(B)/bin $(PY) tests/bench/evm_bench.py
EVM_BENCHES := $(B)/bench/bench_evmc $(B)/bench/bench_crypto
bench-evm: all $(EVM_BENCHES) ## the machine and Keccak beside peers (PEER_EVM=other.so)
	@tests/tools/npm-deps tests/bench build/npm-bench
	@$(EVM_BENCH)
bench: all $(EVM_BENCHES) $(B)/bench/bench_token $(B)/bench/bench_memory $(BENCH_TOLD) ## ratios beside peers, the machine's and end to end (ROUNDS=n)
	@tests/tools/npm-deps tests/bench build/npm-bench
	@$(EVM_BENCH); missed=$$?; for b in rpc e2e; do SEKISHO_BIN=$(B)/bin \
		$(PY) tests/bench/$${b}_bench.py $(or $(ROUNDS),3) || missed=1; done; exit $$missed
bench-rpc: all $(BENCH_TOLD) ## JSON-RPC reads beside anvil's, clients beside each other, logs of a long chain (ROUNDS=n PART=rates|others|logs)
	@tests/tools/npm-deps tests/bench build/npm-bench
	@SEKISHO_BIN=$(B)/bin $(PY) tests/bench/rpc_bench.py $(or $(ROUNDS),3) $(PART)
bench-gateway: all ## the gateway beside nginx, in ratios (ROUNDS=n)
	@tests/tools/packages bench
	@SEKISHO_BIN=$(B)/bin $(PY) tests/bench/gateway_bench.py $(or $(ROUNDS),3)
