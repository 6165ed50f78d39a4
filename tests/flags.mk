# Compiler flags by flavour. Warnings are errors everywhere.

Q ?= $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wundef -Wvla -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
	-Wnull-dereference -Wdouble-promotion -Walloca -Wredundant-decls \
	-Wnested-externs -Wdate-time -Werror
WARN_gcc := -Wduplicated-cond -Wduplicated-branches -Wlogical-op \
	-Warith-conversion -Wjump-misses-init -Wstringop-overflow=4 \
	-Wtrampolines -Wbidi-chars=any
WARN_clang := -Wcomma -Wconditional-uninitialized \
	-Wunreachable-code-aggressive -Wassign-enum -Wshorten-64-to-32 \
	-Wthread-safety

comma := ,
LANG_FLAGS := -std=c17 -D_GNU_SOURCE
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full \
	-ftrivial-auto-var-init=pattern
COMMON := -g -fno-common -fno-strict-aliasing -fwrapv \
	-fno-omit-frame-pointer -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code \
	-Wl,--as-needed

CC_release := gcc
CF_release := -O2 $(HARDEN)
CC_debug   := gcc
CF_debug   := -O1 -DSEKISHO_DEBUG
CC_clang   := clang
CF_clang   := -O2 $(HARDEN)
CC_asan    := clang
CF_asan    := -O1 -DSEKISHO_DEBUG -fsanitize=address,undefined \
	-fno-sanitize-recover=all
CC_tsan    := clang
CF_tsan    := -O1 -DSEKISHO_DEBUG -fsanitize=thread
CC_msan    := clang
CF_msan    := -O1 -DSEKISHO_DEBUG -fsanitize=memory
CC_fuzz    := clang
CF_fuzz    := -O1 -DSEKISHO_DEBUG -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
CC_cover   := clang
# CHECK is a call there and proves nothing to flow warnings.
CF_cover   := -O1 -DSEKISHO_COVER -fprofile-instr-generate -fcoverage-mapping \
	-mllvm -runtime-counter-relocation

CC := $(CC_$(FLAVOUR))
ifeq ($(CC),)
$(error unknown FLAVOUR $(FLAVOUR))
endif
ALLCFLAGS := $(LANG_FLAGS) $(COMMON) $(CF_$(FLAVOUR)) $(WARN) $(WARN_$(CC)) \
	$(if $(filter cover,$(FLAVOUR)),-Wno-uninitialized \
	-Wno-conditional-uninitialized -Wno-sometimes-uninitialized \
	-Wno-return-type -Wno-null-dereference)
LDFLAGS := $(LDHARDEN) $(filter -fsanitize=% -fprofile-instr-generate,\
	$(subst fuzzer-no-link$(comma),,$(CF_$(FLAVOUR))))

# libpq's header is not in the system folder that compilers search.
CFLAGS_db   := -isystem /usr/include/postgresql
CFLAGS_jobs := $(CFLAGS_db)
CFLAGS_ctl  := $(CFLAGS_db)
CFLAGS_api  := $(CFLAGS_db)

# The inner loops of hashing, where make bench-micro shows a gain of 10 %:
# gcc's second scheduling pass makes it spill more, and a frame pointer takes
# one of fifteen registers.
FAST_FILES := node/crypto/keccak node/crypto/keccak_x1 \
	node/crypto/keccak_x4 node/crypto/keccak_x8
$(FAST_FILES:%=$(B)/obj/%.o): ALLCFLAGS += -fomit-frame-pointer \
	$(if $(filter gcc,$(CC)),-fno-schedule-insns2)

# The interpreter keeps eight values in registers, of which compilers have
# fifteen at best. Common subexpressions found across instructions only make
# them live longer; labels need no landing pads, as no outside address reaches
# a jump through the table of opcodes.
$(B)/obj/node/evm/run.o: ALLCFLAGS += -fomit-frame-pointer \
	$(if $(filter gcc,$(CC)),-fno-gcse)

# Words are stored and loaded in parts of 64 bits: a load of two at once would
# wait until both stores have left the processor.
$(B)/obj/node/evm/%.o $(B)/obj/node/base/u256.o \
$(B)/obj/node/base/u256_div.o: ALLCFLAGS += \
	$(if $(filter gcc,$(CC)),-fno-tree-slp-vectorize)

# What libsekisho_evm.so shares with the programs is compiled for programs;
# foreign data, a constant of libsecp256k1, is in no fixed place beside it.
$(B)/obj/node/crypto/ec.o: ALLCFLAGS += -fPIC

# Where private keys pass through, registers are cleared on return.
$(B)/obj/node/crypto/%.o $(B)/obj/node/signer/%.o: ALLCFLAGS += \
	$(if $(filter gcc,$(CC)),-fzero-call-used-regs=used-gpr)

# These hold the state of a hash, which may be of a key.
$(B)/obj/node/crypto/keccak_x1.o: ALLCFLAGS += \
	$(if $(filter gcc,$(CC)),-fzero-call-used-regs=used)

# The pairings see public data alone: nothing to clear, and filling large
# locals is a twentieth of one. Their products take all registers there are.
PUBLIC_FILES := $(basename $(wildcard node/crypto/bls*.c node/crypto/kzg.c \
	node/crypto/bn254*.c node/crypto/fp254*.c))
$(PUBLIC_FILES:%=$(B)/obj/%.o): ALLCFLAGS += -fomit-frame-pointer \
	$(if $(filter gcc,$(CC)),-fzero-call-used-regs=skip) \
	-ftrivial-auto-var-init=uninitialized
