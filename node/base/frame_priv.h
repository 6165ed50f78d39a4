/* SPDX-License-Identifier: Apache-2.0
 *
 * What the blocking and the gathering side of frames share.
 */
#ifndef BASE_FRAME_PRIV_H
#define BASE_FRAME_PRIV_H

#include "base/frame.h"

enum { FRAME_HEAD_LEN = 4 };

/* frame_check_len refuses a payload above max or FRAME_MAX: RC_TOO_LARGE. */
enum rc frame_check_len(size_t len, size_t max, struct err *e);

#endif
