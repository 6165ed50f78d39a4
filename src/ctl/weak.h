/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords that guessing programs try first. Those of twelve characters and
 * more are put together from common words, sequences, repetitions and years;
 * so instead of a list of whole passwords we look for what lists are made of.
 */
#ifndef CTL_WEAK_H
#define CTL_WEAK_H

#include "base/bytes.h"
#include "base/err.h"

/* Pieces that a password must have: a character is one, and so is a common
 * word (weak.def), a sequence (abcd, 4321, qwert), a repeated character, a
 * year, a date with or without signs between its parts. */
enum { WEAK_PIECES_MIN = 6 };

/*
 * weak_pieces counts what a guesser must get right. A password that is one
 * piece of text several times counts once and one more.
 *
 * own  words that are no secret here (the user's name), NULL at the end
 */
size_t weak_pieces(struct bytes password, const char *const *own);

/* weak_check refuses what has too few of them.
 * RC_BAD_INPUT says the count and how to make a good one.
 * Spec  ASVS 6.2.4 */
enum rc weak_check(
    struct bytes password, const char *const *own, struct err *e);

#endif
