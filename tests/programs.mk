# The programs: which libraries and foreign libraries each links.

NODE_FOREIGN := -llmdb -lsecp256k1 -lcrypto -ljansson -lpthread
PROGRAMS :=
