/* SPDX-License-Identifier: Apache-2.0
 *
 * What kore_shim.h makes Kore call instead of its own channel.
 */
#ifndef GATEWAY_KEYLINE_PRIV_H
#define GATEWAY_KEYLINE_PRIV_H

#include <poll.h>
#include <sys/types.h>

struct connection;
struct kore_msg;

typedef void shim_msg_fn(struct kore_msg *msg, const void *data);

/* The worker's half of keyline.c, in domain.c: in place of kore_msg_register,
 * kore_msg_send, poll, and what else Kore does on its own channel. */
int shim_hear_answer(u_int8_t id, shim_msg_fn *take);
void shim_ask(u_int16_t dst, u_int8_t id, const void *data, size_t len);
int shim_await(struct pollfd *fds, nfds_t cnt, int ms);
int shim_no_flush(struct connection *c);
void shim_no_pause(int fd);
void shim_no_resume(int fd, void *c);

/* The key manager's half, in keymgr.c: in place of kore_msg_register and
 * kore_msg_send. */
int shim_hear_request(u_int8_t id, shim_msg_fn *take);
void shim_answer(u_int16_t dst, u_int8_t id, const void *data, size_t len);

#endif
