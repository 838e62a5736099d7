/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a source of assignments, as plain data: files, or the streams of a control plane. */
#ifndef SOURCE_STATUS_H
#define SOURCE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_kind { SOURCE_NONE, SOURCE_FILES, SOURCE_ADS };

struct source_file_status {
	const char *name; /* in its directory */
	size_t resources;
	const char *problem; /* NULL: the file and all its resources were accepted */
};

/* In the order in which they are requested: make before break. */
enum xds_type { XDS_CDS, XDS_EDS, XDS_LDS, XDS_NDS, XDS_TYPES };

enum xds_sync {
	XDS_IDLE,       /* not requested */
	XDS_CONNECTING, /* no stream, nothing held */
	XDS_CONNECTED,  /* requested on this stream, no response yet */
	XDS_SYNCED,     /* a response came on this stream */
	XDS_STALE,      /* no stream; the last response serves */
};

/* Times are 0 when it never happened; texts are borrowed and never NULL. */
struct xds_type_status {
	enum xds_sync sync;
	const char *version; /* last accepted; "" in delta EDS of istiod */
	int64_t last_response_ms, last_ack_ms, last_nack_ms;
	const char *nack; /* the reason of the last one */
	bool nacked;      /* the last response was rejected, in part or whole */
	uint64_t bytes, responses, rejects;
	size_t resources; /* held; this and the next are set by xds_session_count() alone */
	size_t subscribed; /* EDS: names subscribed to */
};

struct xds_session_status {
	bool connected;
	int64_t since_ms;      /* of the present or last stream; or when it was lost */
	uint64_t streams;      /* opened */
	uint64_t failures;     /* streams ended or not opened */
	const char *reason;    /* of the last end; "" */
	const char *identifier; /* control_plane.identifier of the last response; "" */
	uint64_t ignored;      /* responses of types never requested */
	struct xds_type_status types[XDS_TYPES];
};

struct source_stream_status {
	const char *network; /* whose view of the endpoints it requests */
	const char *peer;    /* "host:port"; "" before the first connection */
	int64_t away_ms;     /* since when no response came; 0: the control plane answers */
	struct xds_session_status session;
};

/* Times in it are milliseconds of CLOCK_MONOTONIC. */
struct source_status {
	enum source_kind kind;
	int64_t now_ms;
	const char *path;    /* of the file or directory; "host:port" of the control plane; or NULL */
	const char *problem; /* of the path; or NULL */
	struct source_file_status *files;
	size_t file_count;
	/* The rest is of a control plane. */
	const char *mode, *view; /* as in the configuration */
	bool tls;
	bool complete; /* every request was answered once, or timed out */
	struct source_stream_status *streams;
	size_t stream_count;
};

#endif
