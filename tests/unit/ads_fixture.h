/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An ADS session and its server, for the tests of the rules of ADS. Any error fails the test. */
#ifndef ADS_FIXTURE_H
#define ADS_FIXTURE_H

#include "session_state.h"
#include "xds_peer.h"

#define ALL (1 << XDS_CDS | 1 << XDS_EDS | 1 << XDS_LDS | 1 << XDS_NDS)
#define EDS (1 << XDS_EDS)

#define BAD_WEIGHT "2:{3:{1:0}}" /* a locality, in an assignment */

/* Not yet connected. */
struct xds_session *ads_open(enum xds_mode mode, unsigned int types);
/* Of EDS alone, connected, with these names asked for. */
struct xds_session *ads_open_eds(enum xds_mode mode, const char *const *names, size_t count);

void ads_say(struct xds_session *session, enum xds_mode mode, enum xds_type type,
	     const char *version, const char *nonce, const struct peer_resource *resources,
	     size_t count, int64_t now_ms);
/* An assignment with one endpoint, 10.0.0.HOST:80; HOST 0: none. */
void ads_send(struct xds_session *session, enum xds_mode mode, const char *nonce,
	      const char *name, unsigned int host, int64_t now_ms);

/* Last byte of the address of the only endpoint served under `name`; 0: none, -1: no assignment. */
int ads_host(const struct xds_session *session, const char *name);
/* From the session's own state. */
const struct xds_served *ads_served(const struct xds_session *session, const char *name);

#endif
