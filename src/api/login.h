/*
 * The key a request shows: X-API-Key, or Authorization as Basic (the password; the user
 * is free), Bearer or the bare key, or Argus-API-Key.
 */
#ifndef YORE_API_LOGIN_H
#define YORE_API_LOGIN_H

#include "api/call.h"

#define LOGIN_TEXT_MAX 512

/* 1: something was shown, 0: nothing. */
int login_text(const struct call *c, char out[LOGIN_TEXT_MAX]);

/*
 * Is this request allowed? The key is copied to *room. False after leaving the error
 * that the dialect's clients understand.
 */
bool login(struct call *c, unsigned scope, bool charged, struct key *room);

#endif
